"""Optimizers around an optimizer: decay apart, clipping, accumulation, slow weights."""

from typing import Any

import torch
from torch import Tensor

from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train.run import Diverged

__all__ = ["Accumulate", "Clip", "Decay", "Lookahead", "Wrapper", "innermost"]


class Wrapper:
    """An optimizer around another: same groups, same verbs, its own state beside the inner one's.

    `state_dict()` is {"opt": the inner one's, ...} of numbers, tensors, lists and dicts. Its
    tensors are the living ones, as in torch: copy or write them before the next step.
    """

    def __init__(self, opt: Any) -> None:
        self.opt = opt

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        "The groups of the inner optimizer."
        groups: list[dict[str, Any]] = self.opt.param_groups
        return groups

    @property
    def moving(self) -> list[Tensor]:
        "The weights that have gradients."
        return [p for group in self.param_groups for p in group["params"] if p.grad is not None]

    def step(self) -> None:
        "Move the weights."
        self.opt.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        "Forget the gradients."
        self.opt.zero_grad(set_to_none=set_to_none)

    def state_dict(self) -> dict[str, Any]:
        "All that the next step depends on, but the weights."
        return {"opt": self.opt.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there."
        self.opt.load_state_dict(state["opt"])


class Decay(Wrapper):
    """Decoupled decay (Loshchilov & Hutter 2019): weights shrink by lr * decay before each step.

    Groups say "decay"; with momentum or a scaled gradient this differs from L2, which torch calls
    "weight_decay". Weights without gradients stay.
    """

    @torch.no_grad()
    def step(self) -> None:
        "Shrink, then move."
        for group in self.param_groups:
            if shrunk := group["lr"] * group["decay"]:
                params = [p for p in group["params"] if p.grad is not None]
                if params:
                    torch._foreach_mul_(params, 1 - shrunk)
        self.opt.step()


class Clip(Wrapper):
    """Gradients are shortened to a joint length of `norm` at most (Pascanu et al. 2013).

    The length before is kept as `length`, a tensor of one number. Raises BadInput for a norm that
    is not above 0 and around Accumulate, whose gradients are not complete before its last batch;
    Diverged, before any weight moves, where a gradient is not finite.
    """

    def __init__(self, opt: Any, norm: float = 1.0) -> None:
        if not norm > 0:
            raise BadInput(f"clip={norm} came; gradients can be clipped to a norm above 0")
        if isinstance(opt, Accumulate):
            raise BadInput(
                "clipping came around accumulation, so that every part of a gradient would be "
                "clipped; put Accumulate around Clip"
            )
        super().__init__(opt)
        self.norm, self.length = float(norm), torch.zeros(())

    @torch.no_grad()
    def step(self) -> None:
        "Shorten, then move."
        if grads := [_values(p) for p in self.moving]:
            self.length = torch.nn.utils.get_total_norm(grads)
            length = float(self.length)
            if not length < float("inf"):
                raise Diverged(
                    f"the gradients are not finite: their norm is {length}. A lower learning rate "
                    "may help; the weights are those after the last good step"
                )
            if length > self.norm:
                torch._foreach_mul_(grads, self.norm / length)
        self.opt.step()


class Accumulate(Wrapper):
    """One step for every `batches` batches, with the mean of their gradients.

    So n batches of 64 move the weights as one batch of 64 n would, if the loss is a mean. What is
    left over at the end of an epoch is part of the next step.
    """

    def __init__(self, opt: Any, batches: int) -> None:
        super().__init__(opt)
        self.batches, self.held = at_least_one(batches, "accumulate"), 0

    @torch.no_grad()
    def step(self) -> None:
        "Hold this batch's gradients; move the weights if it was the last."
        self.held += 1
        if self.held == self.batches:
            if self.batches > 1 and (grads := [_values(p) for p in self.moving]):
                torch._foreach_mul_(grads, 1 / self.batches)
            self.opt.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        "Forget the gradients if they have been used."
        if self.held == self.batches:
            self.opt.zero_grad(set_to_none=set_to_none)
            self.held = 0

    def state_dict(self) -> dict[str, Any]:
        "The inner state and the gradients held."
        grads = [p.grad for group in self.param_groups for p in group["params"]]
        held = {"held": self.held, "grads": grads if self.held else []}
        return super().state_dict() | held

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Take up the inner state and the gradients held."
        super().load_state_dict(state)
        self.held = state["held"]
        params = [p for group in self.param_groups for p in group["params"]]
        grads = state["grads"] or [None] * len(params)
        for p, grad in zip(params, grads, strict=True):
            p.grad = None if grad is None else grad.to(p.device, copy=True)


class Lookahead(Wrapper):
    """Slow weights that every `every` steps go a `share` of the way to the fast ones.

    The fast ones go on from there, with the inner optimizer's moments as they are (Zhang et al.
    2019). Between two such steps the model has the fast weights.
    """

    def __init__(self, opt: Any, every: int = 5, share: float = 0.5) -> None:
        if not 0 < share <= 1:
            raise BadInput(f"share={share} came; a number above 0 and up to 1 was wanted")
        if hasattr(innermost(opt), "catch_up"):
            raise BadInput(
                "Lookahead moves every row of a table, which sparse updates are there to avoid; "
                "use one or the other"
            )
        super().__init__(opt)
        self.every, self.share, self.count = at_least_one(every, "every"), float(share), 0
        self.slow: list[Tensor] = []

    @property
    def _fast(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    @torch.no_grad()
    def step(self) -> None:
        "Move the fast weights, and every so often the slow ones."
        if not self.slow:
            self.slow = [p.detach().clone() for p in self._fast]
        self.opt.step()
        self.count += 1
        if self.count % self.every == 0:
            fast = self._fast
            torch._foreach_lerp_(self.slow, fast, self.share)
            torch._foreach_copy_(fast, self.slow)

    def state_dict(self) -> dict[str, Any]:
        "The inner state, the steps done and the slow weights."
        return super().state_dict() | {"count": self.count, "slow": list(self.slow)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Take up the inner state, the steps done and the slow weights."
        super().load_state_dict(state)
        self.count = state["count"]
        pairs = zip(state["slow"], self._fast, strict=False)
        self.slow = [slow.to(p.device, copy=True) for slow, p in pairs]


def innermost(opt: Any) -> Any:
    "The optimizer inside all wrappers."
    while isinstance(opt, Wrapper):
        opt = opt.opt
    return opt


def _values(p: Tensor) -> Tensor:
    "The numbers of a gradient, each of them once; what is done to them is done to the gradient."
    grad: Any = p.grad
    if not grad.is_sparse:
        return grad  # type: ignore[no-any-return]
    p.grad = grad = grad.coalesce()
    return grad.values()  # type: ignore[no-any-return]
