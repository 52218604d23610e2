"""Wide tables: a step costs what its batch touches, not what the table holds.

A table is a module with `sparse=True` and a `weight` (rows, k) whose first input are row numbers,
such as `nn.Embedding(..., sparse=True)`. Rows that no batch touches only decay, and a row is told
of that when it is next looked up, so every step sees what it would see if all rows decayed at once.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from entable.errors import BadInput
from entable.train import optim
from entable.train.callbacks import Callback
from entable.train.run import Diverged, Run
from entable.train.wrap import innermost

__all__ = ["CatchUp", "Lazy", "adam", "sgd"]

State = dict[str, Any]


def adam(
    model: nn.Module,
    betas: tuple[float, float] = (0.9, 0.99),
    eps: float = 1e-5,
    rest: optim.Maker | None = None,
) -> optim.Maker:
    """A maker of optimizers with a lazy Adam for the tables of a model.

    Each row has a clock of its own, which counts the batches that touch it: moments move and bias
    is corrected by that clock, so a row seen for the first time late takes a first step as any
    other. Decay is decoupled, of all rows in all steps. torch's SparseAdam has one clock and no
    decay. rest makes the optimizer of all other weights: `optim.adam` with the same settings.
    """
    rule = _Rule(_adam_step, ("m", "v"), {"betas": betas, "eps": eps})
    return _Maker(model, rule, rest or partial(optim.adam, betas=betas, eps=eps))


def sgd(model: nn.Module, rest: optim.Maker | None = None) -> optim.Maker:
    """A maker of optimizers with plain SGD, decay decoupled, for the tables of a model.

    After catching up it is dense SGD without momentum. rest makes the optimizer of all other
    weights: `optim.sgd` without momentum.
    """
    rule = _Rule(_sgd_step, (), {})
    return _Maker(model, rule, rest or partial(optim.sgd, momentum=0.0))


class CatchUp(Callback):
    """Tells all rows of their decay at the end of every epoch and fit.

    Lookups and `model.state_dict()` do that by themselves; whoever reads `.weight` needs this, or
    `Lazy.catch_up()`.
    """

    def after_train(self, run: Run) -> None:
        "Once an epoch the whole table."
        innermost(run.opt).catch_up()

    def after_fit(self, run: Run) -> None:
        "And whatever ended the fit."
        innermost(run.opt).catch_up()


class _Rule:
    "How touched rows move, the tensors it keeps for each row, and its hyper-parameters."

    def __init__(
        self, move: Callable[..., None], kept: tuple[str, ...], settings: dict[str, Any]
    ) -> None:
        self.move, self.kept, self.settings = move, kept, settings

    def begin(self, p: Tensor) -> State:
        "decayed: the log of all decay so far; told (rows,): how much of it each row knows."
        precise = torch.float32 if p.device.type == "mps" else torch.float64
        state: State = {"decayed": 0.0, "told": torch.zeros(len(p), dtype=precise, device=p.device)}
        state |= {name: torch.zeros_like(p, requires_grad=False) for name in self.kept}
        if self.kept:
            state["clock"] = torch.zeros(len(p), dtype=torch.int64, device=p.device)
        return state


class _Maker:
    "groups -> Lazy, listening to the tables of one model; a new one takes the old one's place."

    def __init__(self, model: nn.Module, rule: _Rule, rest: optim.Maker) -> None:
        self.model, self.rule, self.rest = model, rule, rest
        self.made: Lazy | None = None

    def __call__(self, groups: optim.Groups) -> "Lazy":
        tables = [m for m in self.model.modules() if getattr(m, "sparse", False) is True]
        if not tables:
            raise BadInput(
                "the model has no table for sparse updates; make its wide embeddings with "
                "sparse=True, or use optim.adam"
            )
        if self.made is not None:
            self.made.catch_up()
            self.made.release()
        self.made = Lazy(groups, tables, self.rule, self.rest)
        return self.made


class Lazy:
    """Lazy updates for tables, another optimizer for the rest; made by `sparse.adam` and `sgd`.

    It listens to lookups in its tables and to their `state_dict()` until `release()`. Its own
    `state_dict()` fits weights as they lie in memory, or as the model's `state_dict()` has them if
    that is taken first.
    """

    def __init__(
        self, groups: optim.Groups, tables: list[nn.Module], rule: _Rule, rest: optim.Maker
    ) -> None:
        wide = {id(table.weight) for table in tables}
        others = [_part(group, lambda p: id(p) not in wide) for group in groups]
        mine = [_part(group, lambda p: id(p) in wide) for group in groups]
        dense = [group for group in others if group["params"]]
        self.rule, self.rest = rule, rest(dense) if dense else None
        defaults = {"lr": 1e-3, "decay": 0.0} | rule.settings
        self.tables = [defaults | group for group in mine if group["params"]]
        self.state = {p: rule.begin(p) for group in self.tables for p in group["params"]}
        self._handles = [handle for table in tables for handle in self._listen(table)]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        "Groups of the rest, then those of the tables."
        return [*(self.rest.param_groups if self.rest else ()), *self.tables]

    @torch.no_grad()
    def step(self) -> None:
        "Move the rows that were touched, and everything else."
        if self.rest:
            self.rest.step()
        for group in self.tables:
            for p in group["params"]:
                if p.grad is not None:
                    self._move(p, group)

    def _move(self, p: Tensor, group: dict[str, Any]) -> None:
        state, shrunk = self.state[p], group["lr"] * group["decay"]
        if not shrunk < 1:
            raise Diverged(
                f"the learning rate {group['lr']:g} times the decay {group['decay']:g} is "
                f"{shrunk:g}; below 1 was wanted, or a step would turn weights around"
            )
        state["decayed"] += math.log1p(-shrunk)
        rows, grad = _touched(p)
        self._tell(p, rows)
        self.rule.move(p, rows, grad, state, group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        "Forget the gradients."
        if self.rest:
            self.rest.zero_grad(set_to_none=set_to_none)
        for p in self.state:
            p.grad = None

    def state_dict(self) -> dict[str, Any]:
        "What the next step depends on beside the weights; its tensors are the living ones."
        groups = [{k: v for k, v in g.items() if k != "params"} for g in self.tables]
        tables = [dict(self.state[p]) for group in self.tables for p in group["params"]]
        rest = self.rest.state_dict() if self.rest else None
        return {"rest": rest, "groups": groups, "tables": tables}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        "Go on from there; BadInput where it is that of other tables."
        here = [len(s["told"]) for s in self.state.values()]
        there = [len(s["told"]) for s in state["tables"]]
        if here != there or len(state["groups"]) != len(self.tables):
            raise BadInput(f"state of tables of {there} rows came for tables of {here} rows")
        if self.rest:
            self.rest.load_state_dict(state["rest"])
        for group, saved in zip(self.tables, state["groups"], strict=True):
            params = group["params"]
            group.clear()
            group |= saved | {"params": params}
        for p, saved in zip(self.state, state["tables"], strict=True):
            self.state[p] = {key: _copied(value, p) for key, value in saved.items()}

    @torch.no_grad()
    def catch_up(self) -> None:
        "Tell all rows of the decay that they have missed: afterwards `.weight` is as it should be."
        for p, state in self.state.items():
            if state["decayed"]:
                p.mul_((state["decayed"] - state["told"]).exp_().to(p.dtype)[:, None])
                state["told"].fill_(state["decayed"])

    def release(self) -> None:
        "Listen no more, and forget what rows have missed; there is no further step."
        for handle in self._handles:
            handle.remove()
        self._handles, self.state = [], {}

    def _tell(self, p: Tensor, rows: Tensor) -> None:
        "Tell these rows, which may come more than once, of the decay that they have missed."
        state = self.state[p]
        if state["decayed"]:
            factor = (state["decayed"] - state["told"][rows]).exp_().to(p.dtype)
            p.index_copy_(0, rows, p[rows].mul_(factor[:, None]))
            state["told"].index_fill_(0, rows, state["decayed"])

    def _listen(self, table: Any) -> list[Any]:
        return [
            table.register_forward_pre_hook(self._before_lookup),
            table.register_state_dict_pre_hook(self._before_saving),
            table.register_load_state_dict_post_hook(self._after_loading),
        ]

    @torch.no_grad()
    def _before_lookup(self, table: Any, inputs: tuple[Tensor, ...]) -> None:
        if table.weight in self.state:
            self._tell(table.weight, inputs[0].reshape(-1))

    def _before_saving(self, table: nn.Module, prefix: str, keep_vars: bool) -> None:
        self.catch_up()

    def _after_loading(self, table: Any, problems: Any) -> None:
        if table.weight in self.state:
            state = self.state[table.weight]
            state["told"].fill_(state["decayed"])


def _adam_step(p: Tensor, rows: Tensor, grad: Tensor, state: State, group: dict[str, Any]) -> None:
    b1, b2 = group["betas"]
    clock = state["clock"][rows] + 1  # (r,)
    m = state["m"][rows].lerp_(grad, 1 - b1)  # (r, k)
    v = state["v"][rows].mul_(b2).addcmul_(grad, grad, value=1 - b2)
    for name, new in (("clock", clock), ("m", m), ("v", v)):
        state[name].index_copy_(0, rows, new)
    age = clock[:, None].to(torch.float64 if p.device.type != "mps" else torch.float32)
    root = v.div_((1 - b2**age).to(v.dtype)).sqrt_().add_(group["eps"])
    p.index_add_(0, rows, m.div_((1 - b1**age).to(m.dtype)).div_(root), alpha=-group["lr"])


def _sgd_step(p: Tensor, rows: Tensor, grad: Tensor, state: State, group: dict[str, Any]) -> None:
    p.index_add_(0, rows, grad, alpha=-group["lr"])


def _touched(p: Tensor) -> tuple[Tensor, Tensor]:
    "Rows with gradients, each once (r,), and those gradients (r, k)."
    grad: Any = p.grad
    if not grad.is_sparse:
        return torch.arange(len(p), device=p.device), grad
    grad = grad.coalesce()
    return grad.indices()[0], grad.values()


def _part(group: dict[str, Any], wanted: Callable[[Tensor], bool]) -> dict[str, Any]:
    return group | {"params": [p for p in group["params"] if wanted(p)]}


def _copied(value: Any, p: Tensor) -> Any:
    return value.to(p.device, copy=True) if isinstance(value, Tensor) else value
