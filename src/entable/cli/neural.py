"What `entable fit --model` learns by torch."

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from entable._extras import need
from entable.cli import say
from entable.cli.progress import bar
from entable.errors import BadInput

if TYPE_CHECKING:
    from entable.data.ratings import Ratings
    from entable.recommender import Recommender

_EVERY = 20  # steps between two reports
_USUAL: dict[str, dict[str, Any]] = {  # chosen on inner splits of ML-100K
    "dot": {"factors": 10, "epochs": 10, "lr": 1e-2, "wd": 0.3, "size": 1024},
    "history": {"factors": 50, "epochs": 20, "lr": 7e-3, "wd": 1.0, "size": 1024},
    "net": {"factors": None, "epochs": 5, "lr": 1e-2, "wd": 0.1, "size": 1024},
    "towers": {"factors": 8, "epochs": 10, "lr": 5e-3, "wd": 0.3, "size": 1024},
}


def check(model: str, lr: float | None = None) -> None:
    "BadInput for a model that is not there or a rate that is none, MissingExtra without torch."
    if model not in _USUAL:
        raise BadInput(f"no model is called {model!r}; there are {', '.join(_USUAL)}")
    check_rate(lr)
    need("torch")


def check_rate(lr: float | None) -> None:
    "BadInput for a learning rate by which nothing is learnt."
    if lr is not None and not 0 < lr < math.inf:
        raise BadInput(f"--lr {lr:g} came; a learning rate is above 0, for example .003")


def learn_by_torch(
    train: "Ratings",
    test: "Ratings | None",
    quiet: bool,
    model: str,
    seed: int,
    threads: int | None = None,
    **settings: Any,
) -> "Recommender":
    "Learn under a bar, and say if it was cut short; torch is only asked for here."
    need("torch").set_num_threads(threads or 1)  # steps this small are slower by several
    given = {name: value for name, value in settings.items() if value is not None}
    asked = _USUAL[model] | given
    epochs = asked.pop("epochs")
    with bar("Learning", quiet, first="preparing") as report:
        from entable.recipes.collab import collab_learner

        maker = _maker(model, asked.pop("factors"))
        learner = collab_learner(train, test, maker, seed=seed, **asked)
        learner.fit_one_cycle(epochs, callbacks=[] if report is None else [told(report)])
        made = learner.recommender()
    if made.metrics.get("stopped") == "interrupted":
        say.note("interrupted: this is the model so far")
    return made


def several(make: Callable[..., Any], nets: int, epochs: int, seed: int, report: Any) -> list[Any]:
    "Learners of this seed and the next ones, trained; after Ctrl-C those so far."
    learners: list[Any] = []
    for k in range(nets):
        learners.append(make(seed=seed + k))
        learners[-1].fit_one_cycle(epochs, callbacks=[] if report is None else [told(report)])
        if learners[-1].stopped == "interrupted":
            say.note("interrupted: this is the model so far")
            break
    return learners


def _maker(model: str, factors: int | None) -> Callable[..., Any]:
    from entable.recipes.makers import dot_bias, dot_history, embedding_nn, towers

    if model == "net":
        widths = None if factors is None else (factors, factors)
        return partial(embedding_nn, widths=widths, dropout=0.3)
    makers: dict[str, Callable[..., Any]] = {
        "dot": dot_bias, "history": dot_history, "towers": towers,
    }  # fmt: skip
    return partial(makers[model], k=factors)


def told(report: Callable[..., None]) -> Any:
    "A callback that tells how far a training is."
    from entable.train.callbacks import Callback

    class Told(Callback):
        def after_step(self, run: Any) -> None:
            if run.done % _EVERY == 0 or run.done == run.total:
                loss = run.learner.recorder.smoothed[-1]
                report(run.done, run.total, f"epoch {run.epoch + 1}, loss {loss:.4f}")

    return Told()
