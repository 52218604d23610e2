"Adult's official test rows are predicted as well as boosted trees do."

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from entable.recipes.tabular import tabular_learner

COLUMNS = (
    "age workclass fnlwgt education education_num marital occupation relationship race sex gain "
    "loss hours country income"
).split()


def read(path, skip):
    frame = pl.read_csv(path, has_header=False, skip_rows=skip, new_columns=COLUMNS)
    texts = pl.col(pl.String).str.strip_chars().str.strip_chars_end(".").replace("?", None)
    whole = pl.col("age", "fnlwgt", "education_num", "gain", "loss", "hours").cast(pl.Int64)
    return frame.with_columns(texts).with_columns(whole).drop_nulls("income")


@pytest.mark.realdata
@pytest.mark.slow
def test_one_network_without_tuning(real):
    train, test = read(real / "adult/adult.data", 0), read(real / "adult/adult.test", 1)
    learn = tabular_learner(train, "income")
    learn.fit_one_cycle(6)
    model = learn.table_model()
    rich = (test["income"] == ">50K").to_numpy()
    chances = model.probabilities(test)[:, 1]
    assert (model.predict(test) == test["income"].to_numpy()).mean() > 0.873
    assert roc_auc_score(rich, chances) > 0.928
    rows = learn.table.apply(test)
    said = learn.predict(rows.codes, rows.numbers, rows.missing)
    np.testing.assert_allclose(chances, said, atol=1e-5)
