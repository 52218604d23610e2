"""Adam in one call a group: torch's fused step, without the work that torch does around it."""

from typing import Any

import torch
from torch import Tensor

__all__ = ["Adam"]


class Adam(torch.optim.Adam):
    """torch's fused Adam, with the same bits and the same state, for steps that are small.

    What the fused step does not take as it is (weights of several devices or types, sparse
    gradients) goes torch's way, and so does the first step, which makes the state. Hooks of torch's
    own that follow a step are not called; a Callback is.
    """

    def step(self, closure: Any = None) -> Any:
        "Move the weights that have gradients."
        found = [[p for p in group["params"] if p.grad is not None] for group in self.param_groups]
        if closure is not None or not all(map(self._ready, found)):
            return super().step(closure)
        with torch.no_grad():
            for group, params in zip(self.param_groups, found, strict=True):
                if params:
                    _move(group, params, [self.state[p] for p in params])
        return None

    step.hooked = True  # type: ignore[attr-defined]  # else torch wraps it in 60 us of its own

    def zero_grad(self, set_to_none: bool = True) -> None:
        "Forget the gradients."
        if not set_to_none:
            super().zero_grad(set_to_none)
            return
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def load_state_dict(self, state_dict: Any) -> None:
        "Go on from there; moments get the layout of their weights, which the fused step trusts."
        super().load_state_dict(state_dict)
        for p, own in self.state.items():
            for name, value in own.items():
                if value.shape == p.shape and value.stride() != p.stride():
                    own[name] = torch.empty_like(p, dtype=value.dtype).copy_(value)

    def _ready(self, params: list[Tensor]) -> bool:
        "Whether one call can move them all: each has a state, and they are alike."
        grads: Any = [p.grad for p in params]
        kinds = {(g.device, g.dtype, g.layout) for g in grads}
        return len(kinds) < 2 and all(p in self.state for p in params)


def _move(group: dict[str, Any], params: list[Tensor], states: list[dict[str, Tensor]]) -> None:
    steps = [state["step"] for state in states]
    torch._foreach_add_(steps, 1)
    move: Any = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
    b1, b2 = group["betas"]
    move(
        params,
        [p.grad for p in params],
        [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states],
        [],
        steps,
        amsgrad=False,
        lr=group["lr"],
        beta1=b1,
        beta2=b2,
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        maximize=False,
    )
