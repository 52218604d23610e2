"Metrics by name in a training say what the finished model's own evaluation says."

import polars as pl
import pytest

from entable.errors import BadInput
from entable.recipes.tabular import tabular_learner


@pytest.fixture
def frame():
    n = 200
    return pl.DataFrame(
        {
            "shop": ["a", "b", "c", "d"] * (n // 4),
            "sold": [10.0 * (1 + k % 4) + k % 3 for k in range(n)],
            "back": ["yes" if k % 4 > 1 else "no" for k in range(n)],
            "rate": [("low", "mid", "high")[k % 3] for k in range(n)],
        }
    )


@pytest.mark.parametrize(
    ("target", "names", "more"),
    [
        ("sold", ["rmse", "mae", "rmspe", "mape"], {"log": True}),
        ("back", ["accuracy", "auc", "log_loss", "f1"], {}),
        ("rate", ["accuracy", "auc", "log_loss", "f1"], {}),
    ],
)
def test_the_training_and_the_model_say_the_same(frame, target, names, more):
    columns = frame.select("shop", target)
    learn = tabular_learner(columns, target, columns[:60], table=more, size=32, metrics=names)
    learn.fit_one_cycle(1)
    told = learn.recorder.epochs[-1]
    judged = learn.table_model().evaluate(columns[:60], names)
    assert {name: told[name] for name in names} == pytest.approx(judged.scores, rel=1e-4)


def test_functions_and_dicts_go_as_they_came(frame):
    def least(pred, y):
        return pred.min()

    columns = frame.select("shop", "sold")
    one = tabular_learner(columns, "sold", columns[:9], size=32, metrics=least)
    assert one.metrics == {"least": least}
    named = tabular_learner(columns, "sold", columns[:9], size=32, metrics={"share": "mape"})
    assert set(named.metrics) == {"share"}
    assert named.validate()["share"] > 0


def test_a_metric_of_another_kind_of_target_is_refused(frame):
    with pytest.raises(BadInput, match="'auc' is none of 'sold'"):
        tabular_learner(frame.select("shop", "sold"), "sold", metrics="auc")


def test_columns_of_a_text_file_keep_their_kinds_when_a_share_is_held_out(frame, tmp_path):
    frame = frame.select("shop", "sold", size=pl.int_range(200))
    frame.write_csv(tmp_path / "rows.csv")
    learn = tabular_learner(tmp_path / "rows.csv", "sold", 0.2, size=32)
    assert [number.name for number in learn.table.numbers] == ["size"]
    assert len(learn.held_out) == 40
