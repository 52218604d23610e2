"""EntityEmbeddingEncoder: categories as learned vectors, for any estimator."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import validation

from entable.data.table import Encoded, Table
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.recipes.sklearn.columns import (
    dealt,
    features,
    given,
    names_of,
    seed_of,
    tagged,
    training,
    with_target,
)
from entable.recipes.sklearn.gains import Gains, gains
from entable.tablemodel import TableModel

__all__ = ["EntityEmbeddingEncoder"]

Vectors = NDArray[np.float32]


class EntityEmbeddingEncoder(TransformerMixin, BaseEstimator):
    """Turns categories into vectors that are learnt from the target, numbers scaled beside them.

    `fit_transform(X, y)` is cross-fitted: the vectors of a row were learnt without its fold, so
    they have not seen its target; a pipeline calls it. `fit(X, y).transform(X)` gives what rows to
    come get, learnt from all rows. Both are in one coordinate system: one net learns from all rows,
    its layers stand still, and only vectors learn again. What is unseen or missing has a vector.
    """

    model_: TableModel | None

    def __init__(
        self,
        table: Any = None,
        net: Any = None,
        folds: Any = 5,
        numbers: bool = True,
        epochs: int = 6,
        steps: int = 300,
        lr: float = 3e-3,
        wd: float = 0.02,
        refit_epochs: int = 6,
        refit_lr: float = 1e-2,
        refit_wd: float = 0.3,
        size: int | None = None,
        random_state: Any = 0,
    ) -> None:
        """How it is to learn.

        table: what `Table.fit` is to know, such as {"categories": ["Store"], "log": True}. net:
        settings of `tabular_net`, such as {"widths": {"Store": 10}}, or what makes a net of (table,
        rows). folds: how many, or a splitter of scikit-learn whose parts hold each row once.
        numbers: give them too. epochs: or as many as give `steps`; lr, wd, size: rate, decay and
        rows of a batch; refit: of vectors, which decay to their mean.
        """
        self.table = table
        self.net = net
        self.folds = folds
        self.numbers = numbers
        self.epochs = epochs
        self.steps = steps
        self.lr = lr
        self.wd = wd
        self.refit_epochs = refit_epochs
        self.refit_lr = refit_lr
        self.refit_wd = refit_wd
        self.size = size
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "EntityEmbeddingEncoder":
        """Learn vectors of all rows, for rows to come.

        Raises BadInput, a ValueError, for what cannot be learnt from.
        """
        self._fit(X, y)
        return self

    def fit_transform(self, X: Any, y: Any) -> Vectors:
        "The rows (n, K) with vectors that have not seen the targets of their fold."
        rows, made = self._fit(X, y)
        if made is None:
            return self._features(rows, rows.vectors([]))
        return self._features(rows, made.vectors(self._parts(rows)))

    def transform(self, X: Any) -> Vectors:
        "Other rows (n, K), with vectors learnt from all rows of training."
        validation.check_is_fitted(self)
        rows = self.table_.apply(given(self, X), target=False)
        return self._features(rows, rows.vectors(self._tables))

    def _fit(self, X: Any, y: Any) -> tuple[Encoded, Any]:
        "Rows of training, and what learns vectors of them; None where there is no category."
        columns = given(self, X, y, reset=True)
        self.columns_ = list(columns)
        name = getattr(y, "name", None)
        how = {"ensure_2d": False, "dtype": None, "input_name": "y", "estimator": self}
        y = validation.check_array(y, **how)
        validation.check_consistent_length(*columns.values(), y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = validation.column_or_1d(y, warn=True)
        frame, names = with_target(columns, y, name)
        self.table_ = Table.fit(frame, names, **dict(self.table or {}))
        rows = self.table_.apply(frame, target=True)
        if not self.table_.categories:
            self.model_ = None
            return rows, None
        made = training().decoder_of(self.table_, rows, **self._plan())
        self.model_ = made.model()
        return rows, made

    def _plan(self) -> dict[str, Any]:
        names = ("net", "epochs", "steps", "lr", "wd", "refit_epochs", "refit_lr", "refit_wd")
        plan = {name: getattr(self, name) for name in (*names, "size")}
        return plan | {"seed": seed_of(self.random_state)}

    def _parts(self, rows: Encoded) -> NDArray[np.int64]:
        "The fold of each row (n,): equal shares of all sizes of the target, or as it was asked."
        y = rows.target if rows.target is None or rows.target.ndim == 1 else rows.target[:, 0]
        assert y is not None
        if not hasattr(self.folds, "split"):
            return dealt(y, self.folds, seed_of(self.random_state))
        fold = np.full(len(rows), -1)
        for k, (_, held) in enumerate(self.folds.split(np.zeros((len(rows), 1)), y)):
            if (fold[held] >= 0).any():
                raise BadInput("folds= gives a row in two parts; each row was wanted in one")
            fold[held] = k
        if (fold < 0).any():
            left = int((fold < 0).sum())
            raise BadInput(f"folds= leaves {left:,} rows in no part; each row was wanted in one")
        return fold

    def _features(self, rows: Encoded, vectors: Vectors) -> Vectors:
        return features(self.table_, rows, vectors, self.numbers)

    @property
    def _tables(self) -> Any:
        return () if self.model_ is None else self.model_.scorer.tables

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        "The names of the columns: State_1, State_2, ..., then numbers."
        validation.check_is_fitted(self)
        validation._check_feature_names_in(self, input_features)
        widths = [table.shape[1] for table in self._tables]
        return np.array(names_of(self.table_, widths, self.numbers), object)

    @property
    def embeddings_(self) -> dict[str, Embeddings]:
        "The vectors of each category's levels, found by name."
        validation.check_is_fitted(self)
        return {} if self.model_ is None else self.model_.embeddings

    def report(self, X: Any, y: Any, estimator: Any = None, cv: int = 3) -> Gains:
        """What the vectors are worth beside one-hot, ordinal and target encoding.

        On `cv` parts that neither encoders nor estimator see; this encoder stays as it is.
        estimator: what is fed; boosted trees if not given. Raises BadInput for too few rows.
        """
        return gains(self, X, y, estimator, cv)

    def __sklearn_tags__(self) -> Any:
        return tagged(super().__sklearn_tags__(), several=True)
