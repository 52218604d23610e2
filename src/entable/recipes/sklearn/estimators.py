"""EmbeddingClassifier, EmbeddingRegressor: nets over tables as estimators of scikit-learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    TransformerMixin,
    is_classifier,
)
from sklearn.utils import multiclass, validation

from entable.data.table import Encoded, Table
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.recipes.sklearn.columns import (
    features,
    given,
    names_of,
    seed_of,
    tagged,
    training,
    with_target,
)
from entable.tablemodel import TableModel

__all__ = ["EmbeddingClassifier", "EmbeddingRegressor"]


class _Net(TransformerMixin, BaseEstimator):
    "A net over a table."

    model_: TableModel

    def __init__(
        self,
        table: Any = None,
        net: Any = None,
        networks: int = 1,
        epochs: int = 6,
        steps: int = 300,
        lr: float = 3e-3,
        wd: float = 0.02,
        size: int | None = None,
        early_stopping: bool = False,
        patience: int = 3,
        validation_fraction: float = 0.1,
        random_state: Any = 0,
    ) -> None:
        """How it is to learn.

        table: what `Table.fit` is to know, such as {"dates": ["Date"], "log": True}. net: settings
        of `tabular_net`, such as {"layers": (200, 100)}, or what makes a net of (table, rows).
        networks: how many, whose mean is the answer. epochs: or as many as give `steps`. lr, wd,
        size: rate, decay and rows of a batch. early_stopping: end after `patience` epochs without
        gain on the share `validation_fraction` of the rows, and keep the best.
        """
        self.table = table
        self.net = net
        self.networks = networks
        self.epochs = epochs
        self.steps = steps
        self.lr = lr
        self.wd = wd
        self.size = size
        self.early_stopping = early_stopping
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learn from columns X (a frame of any library, or an array) and a target y.

        sample_weight: (n,) how much each row counts. Raises BadInput, a ValueError, for what
        cannot be learnt from.
        """
        columns = given(self, X, y, reset=True)
        self.columns_ = list(columns)
        name, y = getattr(y, "name", None), self._target(y)
        validation.check_consistent_length(*columns.values(), y)
        frame, names = with_target(columns, y, name)
        how: dict[str, Any] = {"repeated": 8, "kind": self._kind(y)} | dict(self.table or {})
        table = Table.fit(frame, names, **how)
        rows = table.apply(frame, target=True)
        if sample_weight is not None:
            given_ = validation._check_sample_weight(sample_weight, y, ensure_non_negative=True)
            rows = training().weighted(rows, given_)
        self.model_, self.epochs_ = self._trained(table, rows)
        return self

    def _trained(self, table: Table, rows: Encoded) -> tuple[TableModel, int]:
        names = ("net", "networks", "epochs", "steps", "lr", "wd", "size")
        found: tuple[TableModel, int] = training().fitted(
            table,
            rows,
            patience=self.patience if self.early_stopping else None,
            held_out=self.validation_fraction,
            calibrate=is_classifier(self) and self.validation_fraction > 0,
            seed=seed_of(self.random_state),
            **{name: getattr(self, name) for name in names},
        )
        return found

    def _target(self, y: Any) -> NDArray[Any]:
        "The target as it is learnt (n,) or (n, T)."
        raise NotImplementedError

    def _kind(self, y: NDArray[Any]) -> str:
        "What `Table.fit` calls such a target."
        raise NotImplementedError

    def _rows(self, X: Any) -> Encoded:
        validation.check_is_fitted(self)
        return self.model_.table.apply(given(self, X), target=False)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """The rows as features (n, K): a vector for each category, numbers scaled.

        Vectors of training rows have seen their targets; EntityEmbeddingEncoder's have not.
        """
        rows = self._rows(X)
        return features(self.model_.table, rows, rows.vectors(self.model_.scorer.tables))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        "The names of the columns of `transform`: State_1, State_2, ..."
        validation.check_is_fitted(self)
        validation._check_feature_names_in(self, input_features)
        widths = [table.shape[1] for table in self.model_.scorer.tables]
        return np.array(names_of(self.model_.table, widths), object)

    @property
    def embeddings_(self) -> dict[str, Embeddings]:
        "The vectors of each category's levels, found by name."
        validation.check_is_fitted(self)
        return self.model_.embeddings

    def __sklearn_tags__(self) -> Any:
        return tagged(super().__sklearn_tags__(), several=False)


class EmbeddingRegressor(RegressorMixin, _Net):
    "Predicts numbers: one, or several side by side."

    def _target(self, y: Any) -> NDArray[Any]:
        how = {"ensure_2d": False, "dtype": "numeric", "input_name": "y", "estimator": self}
        y = validation.check_array(y, **how)
        if y.ndim == 2 and y.shape[1] == 1:
            y = validation.column_or_1d(y, warn=True)
        return np.asarray(y, np.float64)

    def _kind(self, y: NDArray[Any]) -> str:
        return "number" if y.ndim == 1 else "numbers"

    def predict(self, X: Any) -> NDArray[np.float64]:
        "Numbers (n,) or (n, T) in the units of y."
        rows = self._rows(X)
        found: NDArray[np.float64] = self.model_.predict(rows)
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class EmbeddingClassifier(ClassifierMixin, _Net):
    """Predicts classes; two or more, whatever their names.

    Probabilities are calibrated on the share `validation_fraction` of the rows, 2,000 at most,
    that the nets do not see; 0 leaves them as they are.
    """

    def _target(self, y: Any) -> NDArray[Any]:
        multiclass.check_classification_targets(y)
        y = validation.column_or_1d(y, warn=True)
        validation.assert_all_finite(y, input_name="y")
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise BadInput(
                f"one class came, {self.classes_.tolist()[0]!r}; two at least are needed"
            )
        return np.asarray(y)

    def _kind(self, y: NDArray[Any]) -> str:
        return "binary" if len(self.classes_) == 2 else "classes"

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        "Of each class (n, K), in the order of `classes_`."
        rows = self._rows(X)
        return self.model_.probabilities(rows)

    def predict(self, X: Any) -> NDArray[Any]:
        "The likeliest class (n,)."
        at = self.predict_proba(X).argmax(1)
        found: NDArray[Any] = self.classes_[at]
        return found
