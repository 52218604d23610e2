"""Optimizers: torch's own where it has them, fused, with decay apart from the gradients.

A maker turns groups of weights into an optimizer: any function here, `partial` of one, any
optimizer class of torch (whose "weight_decay" is then L2, but for AdamW), or your own.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from entable.train.fused import Adam
from entable.train.wrap import Decay, Lookahead

__all__ = ["Maker", "adam", "lamb", "lookahead", "rmsprop", "set_decay", "sgd"]

Groups = list[dict[str, Any]]
Maker = Callable[[Groups], Any]
_LR = 1e-3  # until a Learner says otherwise


def set_decay(group: dict[str, Any], wd: float) -> None:
    "Decay of a group per step: decoupled where its optimizer knows how, else as L2."
    group["decay" if "decay" in group else "weight_decay"] = wd


def sgd(
    groups: Groups, momentum: float = 0.9, nesterov: bool = False, decoupled: bool = True
) -> Any:
    """Stochastic gradient descent; momentum is torch's sum, m = momentum * m + g.

    decoupled: SGDW (Loshchilov & Hutter 2019); else decay is L2, the same thing at momentum 0.
    """
    settings = {"momentum": momentum, "nesterov": nesterov, "fused": True}
    return _decaying(torch.optim.SGD, groups, decoupled, settings)


def rmsprop(
    groups: Groups,
    alpha: float = 0.99,
    momentum: float = 0.0,
    eps: float = 1e-5,
    decoupled: bool = True,
) -> Any:
    "Gradients over the root of the mean of their squares (Tieleman & Hinton 2012), as in torch."
    settings = {"alpha": alpha, "momentum": momentum, "eps": eps, "foreach": True}
    return _decaying(torch.optim.RMSprop, groups, decoupled, settings)


def adam(
    groups: Groups,
    betas: tuple[float, float] = (0.9, 0.99),
    eps: float = 1e-5,
    decoupled: bool = True,
) -> Optimizer:
    """Adam (Kingma & Ba 2015) with decoupled decay, which is AdamW (Loshchilov & Hutter 2019).

    decoupled=False: decay is L2, so that weights with large gradients hardly decay.
    """
    return Adam(
        groups,
        lr=_LR,
        betas=betas,
        eps=eps,
        weight_decay=0.0,
        fused=True,
        decoupled_weight_decay=decoupled,
    )


def lamb(groups: Groups, betas: tuple[float, float] = (0.9, 0.99), eps: float = 1e-5) -> Optimizer:
    "LAMB (You et al. 2020): Adam's step with decay, as long as the weights it moves."
    return Lamb(groups, betas, eps)


def lookahead(maker: Maker, every: int = 5, share: float = 0.5) -> Maker:
    "A maker of another's optimizers with slow weights around them (Zhang et al. 2019)."
    return lambda groups: Lookahead(maker(groups), every, share)


def _decaying(
    kind: Callable[..., Optimizer], groups: Groups, decoupled: bool, settings: dict[str, Any]
) -> Any:
    if not decoupled:
        return kind(groups, lr=_LR, **settings)
    return Decay(kind([{"decay": 0.0} | group for group in groups], lr=_LR, **settings))


class Lamb(Optimizer):
    """LAMB: m / (sqrt(v) + eps) + decay * w, scaled to the length of w, times lr (You et al. 2020).

    m, v: means of gradients and of their squares with bias correction. Each tensor of weights is a
    layer. Where a length is 0, and in groups that do not decay (biases, norms), nothing is scaled.
    """

    def __init__(self, groups: Groups, betas: tuple[float, float], eps: float) -> None:
        super().__init__(groups, {"lr": _LR, "betas": betas, "eps": eps, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        "Move the weights that have gradients."
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if params:
                updates = self._adam(params, group["betas"], group["eps"])
                if group["weight_decay"]:
                    torch._foreach_add_(updates, params, alpha=group["weight_decay"])
                if group.get("decays", True):
                    torch._foreach_mul_(updates, _trust(params, updates))
                torch._foreach_add_(params, updates, alpha=-group["lr"])

    def _adam(self, params: list[Tensor], betas: Any, eps: float) -> list[Tensor]:
        b1, b2 = betas
        states = [self.state[p] for p in params]
        for p, state in zip(params, states, strict=True):
            if not state:
                state |= {"step": 0, "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            state["step"] += 1
        grads: Any = [p.grad for p in params]
        m, v = [state["m"] for state in states], [state["v"] for state in states]
        torch._foreach_lerp_(m, grads, 1 - b1)
        torch._foreach_mul_(v, b2)
        torch._foreach_addcmul_(v, grads, grads, 1 - b2)
        below = torch._foreach_div(v, [1 - b2 ** state["step"] for state in states])
        torch._foreach_sqrt_(below)
        torch._foreach_add_(below, eps)
        updates = torch._foreach_div(m, [1 - b1 ** state["step"] for state in states])
        torch._foreach_div_(updates, below)
        return list(updates)


def _trust(params: list[Tensor], updates: list[Tensor]) -> list[Tensor]:
    "How much longer the weights are than what would be taken from them; 1 where that is nothing."
    w = torch.stack(torch._foreach_norm(params))  # (tensors,)
    u = torch.stack(torch._foreach_norm(updates))
    return list(torch.where((w > 0) & (u > 0), w / u, 1.0))
