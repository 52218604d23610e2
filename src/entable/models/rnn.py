"""Recurrent nets over text: a body that reads, with the dropouts of AWD, and heads that answer.

Merity, Keskar & Socher 2018: dropout of whole rows of the table, of numbers locked in time, and of
the weights from memory to memory.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as fn

from entable.errors import BadInput

__all__ = ["CELLS", "AWD", "Body", "Drops", "LanguageModel", "Locked", "TextClassifier", "pooled"]

CELLS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
State = tuple[Tensor, ...]  # of a layer: (1, B, H) each, h or h and c


class Drops(NamedTuple):
    """Shares that training drops.

    Rows of the table, numbers of the vectors, weights from memory to memory, numbers between
    layers and after the last one.
    """

    rows: float = 0.0
    vectors: float = 0.0
    weights: float = 0.0
    between: float = 0.0
    last: float = 0.0

    def times(self, k: float) -> "Drops":
        "All of them k times as strong, below 1."
        return Drops(*(min(k * p, 0.95) for p in self))


AWD = Drops(0.05, 0.1, 0.2, 0.2, 0.3)


class Locked(nn.Module):
    "Dropout that leaves out the same numbers at every step of a row (Gal & Ghahramani 2016)."

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        "(B, T, k) -> the same shape."
        if not (self.training and self.p):
            return x
        kept = x.new_empty(len(x), 1, x.shape[2]).bernoulli_(1 - self.p)
        return x * kept.div_(1 - self.p)

    def extra_repr(self) -> str:
        "The share."
        return f"p={self.p}"


class Body(nn.Module):
    """Codes become vectors, and layer after layer reads them.

    V: rows of the table. cell: "rnn", "gru" or "lstm". width: of vectors, hidden: of each layer,
    last: of the last one (hidden if not given). both: read from both ends, where the whole text is
    there. State: given `begins`, layers go on where the last call left off, cut off from its
    gradients; training and rest have memories of their own. Raises BadInput for another cell.
    """

    def __init__(
        self,
        V: int,
        cell: str = "gru",
        width: int = 42,
        hidden: int = 256,
        layers: int = 1,
        last: int | None = None,
        drops: Drops = Drops(),  # noqa: B008  it never changes
        both: bool = False,
    ) -> None:
        super().__init__()
        if cell not in CELLS or layers < 1:
            raise BadInput(f"{layers} layers of {cell!r} came; one or more of {', '.join(CELLS)}")
        self.cell, self.drops, self.both = cell, drops, both
        self.vectors = nn.Embedding(V, width)
        nn.init.normal_(self.vectors.weight, 0.0, 0.5)
        sizes = [hidden] * (layers - 1) + [hidden if last is None else last]
        inputs = [width, *((1 + both) * size for size in sizes[:-1])]
        self.layers = nn.ModuleList(
            CELLS[cell](n, size, batch_first=True, bidirectional=both)
            for n, size in zip(inputs, sizes, strict=True)
        )
        self.width = (1 + both) * sizes[-1]  # of what it gives
        self.dropouts = nn.ModuleList(
            Locked(p) for p in (drops.vectors, *[drops.between] * (layers - 1), drops.last)
        )
        if cell == "lstm":
            self._remember()
        self._resting: list[State | None] = [None] * layers
        for k in range(layers):
            for name in ("h", "c")[: 1 + (cell == "lstm")]:
                self.register_buffer(f"{name}{k}", torch.zeros(1, 0, sizes[k]), persistent=False)

    @torch.no_grad()
    def _remember(self) -> None:
        "The store goes on unless it learns to forget: the gate's bias begins at 1 (Gers 2000)."
        for layer in self.layers:
            for name, bias in layer.named_parameters():
                if name.startswith("bias_hh"):
                    n = len(bias) // 4
                    bias[n : 2 * n] = 1.0

    def forward(
        self, codes: Tensor, begins: Tensor | None = None, lengths: Tensor | None = None
    ) -> Tensor:
        """Codes (B, T) -> what the last layer gives at every step (B, T, H).

        begins (B,): which rows start anew; without it all do and nothing is kept. lengths (B,):
        of rows with padding behind, needed to read from both ends.
        """
        x: Tensor = self.dropouts[0](fn.embedding(codes, self._table()))
        for k, layer in enumerate(self.layers):
            state = None if begins is None else self._state(k, begins)
            x, new = self._read(layer, x, state, lengths)
            if begins is not None:
                self._keep(k, new)
            x = self.dropouts[k + 1](x)
        return x

    def _table(self) -> Tensor:
        "The vectors, in training without some of their rows."
        weight = self.vectors.weight
        if not (self.training and self.drops.rows):
            return weight
        kept = weight.new_empty(len(weight), 1).bernoulli_(1 - self.drops.rows)
        return weight * kept.div_(1 - self.drops.rows)

    def _read(
        self, layer: nn.Module, x: Tensor, state: State | None, lengths: Tensor | None
    ) -> tuple[Tensor, State]:
        "A layer over all steps, in training without some of the weights of its memory."
        packed: Any = x
        if self.both and lengths is not None:
            packed = nn.utils.rnn.pack_padded_sequence(
                x, lengths.cpu(), batch_first=True, enforce_sorted=False
            )
        given: Any = state if self.cell == "lstm" or state is None else state[0]
        drop = self.drops.weights if self.training else 0.0
        own = {
            name: fn.dropout(p, drop)
            for name, p in layer.named_parameters()
            if drop and name.startswith("weight_hh")
        }
        out, new = functional_call(layer, own, (packed, given)) if own else layer(packed, given)
        if packed is not x:
            out, _ = nn.utils.rnn.pad_packed_sequence(
                out, batch_first=True, total_length=x.shape[1]
            )
        return out, new if self.cell == "lstm" else (new,)

    def reset(self) -> None:
        "Forget what was read, in training and at rest."
        self._resting = [None] * len(self.layers)
        for name, buffer in list(self._buffers.items()):
            assert buffer is not None
            self._buffers[name] = buffer.new_zeros(1, 0, buffer.shape[2])

    def _names(self, k: int) -> list[str]:
        return [name for name in (f"h{k}", f"c{k}") if name in self._buffers]

    def _state(self, k: int, begins: Tensor) -> State | None:
        "What layer k remembers, nothing for rows that begin; None where all do."
        names = self._names(k)
        held: Any = tuple(self._buffers[n] for n in names) if self.training else self._resting[k]
        if held is None or held[0].shape[1] != len(begins) or held[0].device != begins.device:
            return None
        anew = begins[None, :, None]
        return tuple(torch.where(anew, 0.0, part) for part in held)

    def _keep(self, k: int, new: State) -> None:
        new = tuple(part.detach() for part in new)
        if self.training:
            self._buffers.update(zip(self._names(k), new, strict=True))
        else:
            self._resting[k] = new


class LanguageModel(nn.Module):
    """A score for every possible next code, at every step.

    tied: the answer's weights are the vectors themselves (Press & Wolf 2017); the last layer is
    then as wide as they are. settings: see Body. Raises BadInput for one that reads from both
    ends, for it would see what it is to guess.
    """

    def __init__(self, V: int, tied: bool = False, **settings: Any) -> None:
        super().__init__()
        if settings.get("both"):
            raise BadInput("a net that reads from both ends sees what comes next; both=False")
        if tied:
            settings["last"] = settings.get("width", 42)
        self.body = Body(V, **settings)
        self.head = nn.Linear(self.body.width, V)
        nn.init.zeros_(self.head.bias)
        if tied:
            nn.init.uniform_(self.body.vectors.weight, -0.1, 0.1)
            self.head.weight = self.body.vectors.weight

    def forward(self, codes: Tensor, begins: Tensor | None = None) -> Tensor:
        "(B, T) codes, (B,) which rows start anew -> (B, T, V)."
        out: Tensor = self.head(self.body(codes, begins))
        return out

    def reset(self) -> None:
        "Forget what was read."
        self.body.reset()


def pooled(shown: Tensor, lengths: Tensor, both: bool = False) -> Tensor:
    """What a text leaves behind (B, 3 H): its last step, the largest of each number, the mean.

    shown (B, T, H): what each step gave; those from `lengths` (B,) on are padding and do not count.
    both: the second half of H has read from the end, so that its last step is the first.
    """
    rows = torch.arange(len(shown), device=shown.device)
    last = shown[rows, lengths - 1]
    if both:
        half = shown.shape[2] // 2
        last = torch.cat([last[:, :half], shown[:, 0, half:]], 1)
    inside = (torch.arange(shown.shape[1], device=shown.device) < lengths[:, None])[..., None]
    largest = shown.masked_fill(~inside, float("-inf")).amax(1)
    mean = (shown * inside).sum(1) / lengths[:, None]
    return torch.cat([last, largest, mean], 1)


class TextClassifier(nn.Module):
    """What a body remembers of a whole text, pooled, and a small net that answers.

    body: of a language model, or a new one. classes: how many outputs. hidden: of the layer between
    (Howard & Ruder 2018). A net from the input's side to the head: `parts`.
    """

    def __init__(self, body: Body, classes: int, hidden: int = 50, dropout: float = 0.2) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Sequential(
            nn.BatchNorm1d(3 * body.width),
            nn.Dropout(dropout),
            nn.Linear(3 * body.width, hidden),
            nn.ReLU(),
            nn.Dropout(dropout / 2),
            nn.Linear(hidden, classes),
        )

    def forward(self, codes: Tensor, lengths: Tensor) -> Tensor:
        "(B, T) codes with padding behind, (B,) lengths -> (B, classes)."
        shown = self.body(codes, lengths=lengths)
        out: Tensor = self.head(pooled(shown.float(), lengths, self.body.both))
        return out

    def parts(self) -> list[list[nn.Module]]:
        "Groups of layers: the vectors, each layer, the head."
        return [[self.body.vectors], *([layer] for layer in self.body.layers), [self.head]]
