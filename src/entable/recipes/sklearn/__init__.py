"""Tables in scikit-learn: estimators, and an encoder of categories for any other estimator.

Fitting needs torch; what was fitted predicts and transforms without it, also where it was
unpickled.
"""

from entable._extras import need

need("sklearn")  # or say how to install it, before any other import fails

from entable.recipes.sklearn.encoder import EntityEmbeddingEncoder  # noqa: E402
from entable.recipes.sklearn.estimators import (  # noqa: E402
    EmbeddingClassifier,
    EmbeddingRegressor,
)

__all__ = ["EmbeddingClassifier", "EmbeddingRegressor", "EntityEmbeddingEncoder"]
