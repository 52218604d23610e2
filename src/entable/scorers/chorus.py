"""Several recurrent nets over the same codes, whose chances are averaged."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.errors import BadInput
from entable.scorers.recurrent import Codes, Recurrent, Singles

__all__ = ["Chorus", "Reader"]


@dataclass(frozen=True, eq=False)
class Chorus:
    """The mean of the chances that nets give, as scores: what a Recurrent does, by several.

    Raises BadInput for none, and for nets of other codes or other answers.
    """

    nets: tuple[Recurrent, ...]

    def __post_init__(self) -> None:
        kinds = {(len(net.table), net.outputs, net.whole) for net in self.nets}
        if len(kinds) != 1:
            raise BadInput(f"{len(kinds)} kinds of nets came; nets of the same codes were wanted")

    @property
    def table(self) -> Singles:
        "The vectors of the first net: those of several lie in spaces of their own."
        return self.nets[0].table

    @property
    def outputs(self) -> int:
        "Numbers that each head gives."
        return self.nets[0].outputs

    @property
    def whole(self) -> bool:
        "Do the heads answer for whole texts?"
        return self.nets[0].whole

    def __str__(self) -> str:
        return f"{len(self.nets)} nets, {self.nets[0]} the first"

    def scores(self, codes: Codes, state: Any = None) -> tuple[Singles, Any]:
        "Logarithms (B, T, V) of the mean chances after each of the codes (B, T), and all states."
        before = [None] * len(self.nets) if state is None else state
        found = [net.scores(codes, one) for net, one in zip(self.nets, before, strict=True)]
        return _mean([scores for scores, _ in found]), [after for _, after in found]

    def answers(self, codes: Codes, lengths: NDArray[np.int64]) -> Singles:
        "Logarithms (B, C) of the mean chances for whole texts (B, T) of these lengths (B,)."
        return _mean([net.answers(codes, lengths) for net in self.nets])

    def pooled(self, codes: Codes, lengths: NDArray[np.int64]) -> Singles:
        "What texts (B, T) leave behind (B, 3 H), where H is of all nets together."
        kinds = zip(*(np.split(net.pooled(codes, lengths), 3, 1) for net in self.nets), strict=True)
        return np.concatenate([part for kind in kinds for part in kind], 1)


def _mean(scores: list[Singles]) -> Singles:
    "Logarithms of the mean of softmaxes over the last axis."
    logs: list[NDArray[Any]] = []
    for one in scores:
        raised = one.astype(np.float64) - one.max(-1, keepdims=True)
        logs.append(raised - np.log(np.exp(raised).sum(-1, keepdims=True)))
    mean: Singles = (np.logaddexp.reduce(logs) - np.log(len(logs))).astype(np.float32)
    return mean


Reader = Recurrent | Chorus
