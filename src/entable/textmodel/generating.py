"""What comes next: chances, and texts drawn by them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entable.data.checks import at_least_one, number
from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.scorers.chorus import Reader

__all__ = ["chances", "drawn", "following"]

Floats = NDArray[np.float64]


def chances(scores: NDArray[Any]) -> Floats:
    "(..., V) scores -> probabilities; unseen and missing, which nothing stands for, get none."
    raised = scores.astype(np.float64)
    raised[..., : Vocab.FIRST] = -np.inf
    raised -= raised.max(-1, keepdims=True)
    found: Floats = np.exp(raised)
    found /= found.sum(-1, keepdims=True)
    return found


def following(
    scorer: Reader,
    prompt: NDArray[np.int32],
    n: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    seed: int,
) -> NDArray[np.int64]:
    "n codes after those of a prompt, each drawn by its chance; see TextModel.generate."
    at_least_one(n)
    temperature = _checked(temperature, top_k, top_p)
    chance = np.random.default_rng(seed)
    state: Any
    scores, state = scorer.scores(prompt[None])
    found = np.empty(n, np.int64)
    for step in range(n):
        found[step] = drawn(scores[0, -1], temperature, top_k, top_p, chance)
        if step + 1 < n:
            scores, state = scorer.scores(found[None, step : step + 1], state)
    return found


def drawn(
    scores: NDArray[Any],
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    chance: np.random.Generator,
) -> int:
    """One code by scores (V,): the likeliest at temperature 0, else by chance.

    top_k: of the k likeliest only. top_p: of the fewest likeliest that have this chance together.
    """
    if temperature == 0:
        return int(chances(scores).argmax())
    p = chances(scores.astype(np.float64) / temperature)
    order = np.argsort(-p, kind="stable")
    kept = len(order) if top_k is None else min(top_k, len(order))
    if top_p is not None:
        kept = min(kept, int(np.searchsorted(p[order].cumsum(), top_p) + 1))
    order = order[:kept]
    sums = p[order].cumsum()
    at = int(np.searchsorted(sums, chance.random() * sums[-1], side="right"))
    return int(order[min(at, kept - 1)])


def _checked(temperature: float, top_k: int | None, top_p: float | None) -> float:
    heat = number(temperature, "temperature")
    if heat < 0:
        raise BadInput(
            f"temperature={heat:g} came; 0 takes the likeliest every time, 1 draws by chance as "
            "learnt, more is wilder: a number from 0 on was wanted"
        )
    if top_k is not None:
        at_least_one(top_k, "top_k")
    if top_p is not None and not 0 < number(top_p, "top_p") <= 1:
        raise BadInput(f"top_p={top_p:g} came; a chance above 0 and up to 1 was wanted")
    return heat
