"""What one side's rows are expected to look like before their ratings are read."""

import numpy as np
from numpy.typing import NDArray

from entable.factorize.history import Floats

Doubles = NDArray[np.float64]


class InformedPrior:
    """Rows y_a ~ N(m + x_a B, Lambda^-1): a mean that depends on features x_a of the row.

    (m, Lambda) ~ Normal-Wishart as in Salakhutdinov & Mnih 2008; B ~ N(0, (lambda (x) Lambda)^-1)
    with lambda ~ Gamma, drawn in the eigenbasis of X'X, where its posterior is diagonal.  With the
    history's components as features this is SVD++ for either side in closed form; facts are more
    columns.
    """

    def __init__(self, features: Floats, K: int) -> None:
        G = features.T.astype(np.float64) @ features
        weights, Q = np.linalg.eigh(G)
        self.weights = weights.clip(0)  # (p,)
        n, p = features.shape
        self._all = np.ones((n, p + 1 + K), np.float32)  # features with orthogonal columns, 1, Y
        self._all[:, :p] = features @ Q.astype(np.float32)
        self.X = self._all[:, : p + 1]  # (n, p + 1), ones last
        self.Y = self._all[:, p + 1 :]  # (n, K) the rows; who draws them writes them here
        self.X_sum = self.X[:, :p].sum(0, dtype=np.float64)
        self.B = np.zeros((p, K))
        self.shrink = 10.0  # lambda

    def draw(self, rng: np.random.Generator) -> tuple[Doubles, Floats]:
        "Lambda (K, K) and the rows' Lambda mean_a (n, K), drawn given the rows Y (n, K)."
        p = len(self.weights)
        sums = (self._all.T @ self.Y).astype(np.float64)
        XY, total, YY = sums[:p], sums[p], sums[p + 1 :]
        cross = XY.T @ self.B
        squares = YY - cross - cross.T + self.B.T @ (self.weights[:, None] * self.B)
        m, Lambda = _normal_wishart(len(self.Y), total - self.X_sum @ self.B, squares, rng)
        if p:
            self._draw_coefficients(XY - np.outer(self.X_sum, m), Lambda, rng)
        means = np.concatenate([self.B, m[None]]) @ Lambda
        return Lambda, self.X @ means.astype(np.float32)

    def _draw_coefficients(self, XY: Doubles, Lambda: Doubles, rng: np.random.Generator) -> None:
        root = np.linalg.inv(np.linalg.cholesky(Lambda))  # root' root = Lambda^-1
        precision = (self.weights + self.shrink)[:, None]
        self.B = XY / precision + rng.standard_normal(XY.shape) @ root / np.sqrt(precision)
        spread = float(np.sum((self.B @ Lambda) * self.B))
        self.shrink = rng.gamma(1e-3 + self.B.size / 2, 1 / (1e-3 + spread / 2))


def _normal_wishart(
    n: int, total: Doubles, squares: Doubles, rng: np.random.Generator
) -> tuple[Doubles, Doubles]:
    """Mean and precision drawn given n rows' sum and sum of squares.

    Prior: mean 0 with the weight of 2 rows, precision Wishart(I, K + 4).  The four degrees beyond K
    matter where rows are few: with K alone the covariance has no mean, and a draw can run away.
    """
    K, b0 = len(total), 2.0
    mean = total / max(n, 1)
    inverse = np.eye(K) + squares - n * np.outer(mean, mean)
    inverse += b0 * n / (b0 + n) * np.outer(mean, mean)
    root = np.linalg.inv(np.linalg.cholesky((inverse + inverse.T) / 2)).T  # root root' = inverse^-1
    A = np.tril(rng.standard_normal((K, K)), -1)  # Bartlett: A A' is Wishart(I, K + 4 + n)
    A[np.diag_indices(K)] = np.sqrt(rng.chisquare(K + 4 + n - np.arange(K)))
    M = root @ A
    Lambda = M @ M.T
    noise = np.linalg.solve(M.T, rng.standard_normal(K))  # covariance Lambda^-1
    return total / (b0 + n) + noise / np.sqrt(b0 + n), Lambda
