"""What scikit-learn hands over, as columns by name."""

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state, validation

from entable._extras import need
from entable.data.frames import native_of
from entable.data.table import Encoded, Table
from entable.data.table.source import source_of
from entable.errors import BadInput

__all__ = ["dealt", "features", "given", "names_of", "seed_of", "tagged", "training", "with_target"]

Columns = dict[str, Any]


def given(estimator: Any, X: Any, y: Any = "no_validation", reset: bool = False) -> Columns:
    """The columns of X by name, checked and counted as scikit-learn wants it.

    reset: while it is fitted; later names and their order must be the same. Columns without
    names are x0, x1, ... Raises ValueError or TypeError as other estimators do.
    """
    least = 2 if reset else 1
    if native_of(X) is not None and hasattr(X, "shape"):
        validation.validate_data(estimator, X, y, reset=reset, skip_check_array=True)
        columns = dict(source_of(X).columns)
        if X.shape[0] < least:
            raise BadInput(f"{X.shape[0]} sample(s) came, a minimum of {least} is required")
    else:
        how = {"dtype": None, "ensure_all_finite": "allow-nan", "ensure_min_samples": least}
        found = validation.check_array(X, estimator=estimator, input_name="X", **how)
        validation.validate_data(estimator, X, y, reset=reset, skip_check_array=True)
        columns = {f"x{k}": _plain(column) for k, column in enumerate(found.T)}
    return columns if reset else dict(zip(estimator.columns_, columns.values(), strict=True))


def _plain(column: NDArray[Any]) -> Any:
    "Objects as numbers where all of them are, else as texts and what means a gap."
    if column.dtype.kind != "O":
        return column
    try:
        return column.astype(np.float64)
    except ValueError:
        return column
    except TypeError as error:
        odd = next(v for v in column if not np.isscalar(v) and v is not None)
        text = f"argument must be a string or a number, not {type(odd).__name__!r}"
        raise TypeError(text) from error


def with_target(columns: Columns, y: Any, name: Any = None) -> tuple[Columns, list[str]]:
    "Columns with those of a target (n,) or (n, T) beside them, and the names of these."
    wide = y[:, None] if y.ndim == 1 else y
    word = name if isinstance(name, str) else "target"
    while any(column == word or column.startswith(f"{word} ") for column in columns):
        word += "_"
    names = [word] if wide.shape[1] == 1 else [f"{word} {k + 1}" for k in range(wide.shape[1])]
    return columns | dict(zip(names, wide.T, strict=True)), names


def features(
    table: Table, rows: Encoded, vectors: NDArray[np.float32], numbers: bool = True
) -> NDArray[np.float32]:
    "Vectors (n, K), then numbers, and where those that had gaps in training are missing."
    if not numbers:
        return vectors
    gaps = [k for k, number in enumerate(table.numbers) if number.gaps]
    return np.concatenate([vectors, rows.numbers, rows.missing[:, gaps].astype(np.float32)], 1)


def names_of(table: Table, widths: Any, numbers: bool = True) -> list[str]:
    "What the columns of `features` are called."
    pairs = zip(table.categories, widths, strict=True)
    names = [f"{category.name}_{k + 1}" for category, n in pairs for k in range(n)]
    if numbers:
        names += [number.name for number in table.numbers]
        names += [f"{number.name}_missing" for number in table.numbers if number.gaps]
    return names


def dealt(y: NDArray[Any], folds: Any, seed: int) -> NDArray[np.int64]:
    """Folds (n,) of equal size, and of equal shares of each class or of high and low targets.

    Raises BadInput unless folds is a number from 2 on.
    """
    if not isinstance(folds, (int, np.integer)) or folds < 2:
        raise BadInput(f"folds={folds!r} came; a number from 2 on, or a splitter, was wanted")
    rng, n, folds = np.random.default_rng(seed), len(y), min(int(folds), len(y))
    order = rng.permutation(n)
    order = order[np.argsort(y[order], kind="stable")]
    runs = rng.permuted(np.tile(np.arange(folds), (-(-n // folds), 1)), axis=1)
    found = np.empty(n, np.int64)
    found[order] = runs.ravel()[:n]
    return found


def seed_of(random_state: Any) -> int:
    "A seed out of what scikit-learn takes for one."
    if isinstance(random_state, (int, np.integer)):
        return int(random_state)
    state = check_random_state(random_state)
    return int(state.randint(np.iinfo(np.int32).max))


def tagged(tags: Any, several: bool) -> Any:
    "What scikit-learn is to know: tables of texts, categories and gaps, a target, or several."
    tags.target_tags.required = True
    tags.target_tags.multi_output = several
    tags.input_tags.allow_nan = True
    tags.input_tags.string = True
    tags.input_tags.categorical = True
    tags.transformer_tags.preserves_dtype = []
    return tags


def training() -> ModuleType:
    "What fits nets, and needs torch."
    need("torch")
    return import_module("entable.recipes.sklearn.training")
