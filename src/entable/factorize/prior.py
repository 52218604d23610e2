"""What one side's rows are expected to look like before their ratings are read."""

import numpy as np
from numpy.typing import NDArray

from entable.factorize.history import Floats

Doubles = NDArray[np.float64]


class InformedPrior:
    """Rows y_a ~ N(m + x_a B, Lambda^-1): a mean that depends on features x_a of the row.

    (m, Lambda) ~ Normal-Wishart as in Salakhutdinov & Mnih 2008; B ~ N(0, (lambda (x) Lambda)^-1) with
    lambda ~ Gamma, drawn in the eigenbasis of X'X, where its posterior is diagonal.  With the history's
    components as features this is SVD++ for either side in closed form; facts are more columns.
    """

    def __init__(self, features: Floats, K: int) -> None:
        G = features.T.astype(np.float64) @ features
        self.weights, Q = np.linalg.eigh(G)  # (p,)
        self.weights = self.weights.clip(0)
        self.X = features @ Q.astype(np.float32)  # (n, p), columns orthogonal
        self.X_sum = self.X.sum(0, dtype=np.float64)
        self.B = np.zeros((features.shape[1], K))
        self.shrink = 10.0  # lambda

    def draw(self, Y: Floats, rng: np.random.Generator) -> tuple[Doubles, Floats]:
        "Lambda (K, K) and the rows' Lambda mean_a (n, K), drawn given the rows Y (n, K)."
        n, K = Y.shape
        XY = (self.X.T @ Y).astype(np.float64)
        cross = XY.T @ self.B
        total = Y.sum(0, dtype=np.float64) - self.X_sum @ self.B
        squares = (Y.T @ Y).astype(np.float64) - cross - cross.T
        squares += self.B.T @ (self.weights[:, None] * self.B)
        m, Lambda = _normal_wishart(n, total, squares, rng)
        if len(self.weights):
            self._draw_B(XY - np.outer(self.X_sum, m), Lambda, rng)
        shift = self.X @ (self.B @ Lambda).astype(np.float32)
        shift += (Lambda @ m).astype(np.float32)
        return Lambda, shift

    def _draw_B(self, XY: Doubles, Lambda: Doubles, rng: np.random.Generator) -> None:
        root = np.linalg.inv(np.linalg.cholesky(Lambda))  # root' root = Lambda^-1
        precision = (self.weights + self.shrink)[:, None]
        self.B = XY / precision + rng.standard_normal(XY.shape) @ root / np.sqrt(precision)
        spread = float(np.sum((self.B @ Lambda) * self.B))
        self.shrink = rng.gamma(1e-3 + self.B.size / 2, 1 / (1e-3 + spread / 2))


def _normal_wishart(
    n: int, total: Doubles, squares: Doubles, rng: np.random.Generator
) -> tuple[Doubles, Doubles]:
    "Mean and precision drawn given n rows' sum and sum of squares; prior mean 0 with weight 2, scale I."
    K, b0 = len(total), 2.0
    mean = total / max(n, 1)
    inverse = np.eye(K) + squares - n * np.outer(mean, mean)
    inverse += b0 * n / (b0 + n) * np.outer(mean, mean)
    root = np.linalg.inv(np.linalg.cholesky((inverse + inverse.T) / 2)).T  # root root' = inverse^-1
    A = np.tril(rng.standard_normal((K, K)), -1)  # Bartlett: A A' is Wishart(I, n + K)
    A[np.diag_indices(K)] = np.sqrt(rng.chisquare(K + n - np.arange(K)))
    M = root @ A
    Lambda = M @ M.T
    noise = np.linalg.solve(M.T, rng.standard_normal(K))  # covariance Lambda^-1
    return total / (b0 + n) + noise / np.sqrt(b0 + n), Lambda
