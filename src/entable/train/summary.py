"""What a model is made of: layers, the shapes they give, and how many numbers they learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
from torch import nn

from entable._answer import Answer
from entable.train.device import Place
from entable.train.faults import shapes
from entable.train.looking import at_rest

__all__ = ["Summary", "summarize"]


class Summary(Answer):
    "Layers in the order they run: name, layer, output, numbers, learning, group."

    def __init__(self, table: pl.DataFrame, title: str, notes: tuple[str, ...]) -> None:
        self._table, self.title, self.notes = table, title, notes

    @property
    def table(self) -> pl.DataFrame:
        "A row for each layer: name, layer, output (shape of a batch), numbers, learning, group."
        return self._table

    @property
    def numbers(self) -> int:
        "Parameters of the whole model, shared ones counted once."
        return int(self._table["numbers"].sum())

    @property
    def learning(self) -> int:
        "Those of them that are not frozen."
        return int(self._table["learning"].sum())


def summarize(model: nn.Module, batch: Any, place: Place, layers: list[list[nn.Module]]) -> Summary:
    """Run a batch of inputs through the model at rest and say what each layer gave.

    A layer that ran more than once shows its last shape, one that never ran none.
    """
    given: dict[nn.Module, str] = {}
    with _watched(model, given), at_rest(model), place.computing():
        model(*next(place.moved([batch])))
    names = {module: name for name, module in model.named_modules()}
    group = {m: n for n, part in enumerate(layers, 1) for top in part for m in top.modules()}
    order = [*given, *(module for module in names if module not in given)]
    seen: set[int] = set()
    rows = [
        {"name": names[module] or "(itself)", "layer": type(module).__name__,
         "output": given.get(module), **_counts(module, seen), "group": group.get(module)}
        for module in order if not any(module.children()) or _own(module)
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=_SCHEMA)
    numbers, learning = int(table["numbers"].sum()), int(table["learning"].sum())
    memory = sum(p.numel() * p.element_size() for p in model.parameters())
    notes = (
        f"{numbers:,} numbers, {learning:,} of them learning, {memory / 1e6:,.1f} MB; "
        f"shapes are those of a batch of {shapes(tuple(batch))}.",
    )
    return Summary(table, type(model).__name__, notes)


_SCHEMA = {
    "name": pl.String, "layer": pl.String, "output": pl.String, "numbers": pl.Int64,
    "learning": pl.Int64, "group": pl.Int64,
}  # fmt: skip


def _own(module: nn.Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


def _counts(module: nn.Module, seen: set[int]) -> dict[str, int]:
    own = [p for p in module.parameters(recurse=False) if id(p) not in seen]
    seen.update(map(id, own))
    return {
        "numbers": sum(p.numel() for p in own),
        "learning": sum(p.numel() for p in own if p.requires_grad),
    }


@contextmanager
def _watched(model: nn.Module, given: dict[nn.Module, str]) -> Iterator[None]:
    def note(module: nn.Module, _: Any, out: Any) -> None:
        given[module] = shapes(out)

    hooks = [module.register_forward_hook(note) for module in model.modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
