"""The ladder from three characters to a recurrent layer: each rung is a few lines.

Codes (B, n) of characters go in, a score for each possible next character comes out. V: how many
characters there are, k: width of their vectors, hidden: of the memory.
"""

import torch
from torch import Tensor, nn

__all__ = ["Adding", "Every", "Joining", "Recurrent", "Three"]


class Three(nn.Module):
    "Three characters and three weight matrices: from vectors, from memory, to the answer."

    def __init__(self, V: int, k: int = 42, hidden: int = 256) -> None:
        super().__init__()
        self.vectors = nn.Embedding(V, k)
        self.from_vector = nn.Linear(k, hidden)
        self.from_memory = nn.Linear(hidden, hidden)
        self.answer = nn.Linear(hidden, V)

    def forward(self, codes: Tensor) -> Tensor:
        "(B, 3) -> (B, V)."
        one, two, three = (torch.relu(self.from_vector(self.vectors(c))) for c in codes.unbind(1))
        h = torch.tanh(self.from_memory(one))
        h = torch.tanh(self.from_memory(h + two))
        h = torch.tanh(self.from_memory(h + three))
        out: Tensor = self.answer(h)
        return out


class Adding(Three):
    "The same three matrices for any number of characters, in a loop."

    def forward(self, codes: Tensor) -> Tensor:
        "(B, n) -> (B, V)."
        h = codes.new_zeros((), dtype=self.vectors.weight.dtype)
        for c in codes.unbind(1):
            h = torch.tanh(self.from_memory(h + torch.relu(self.from_vector(self.vectors(c)))))
        out: Tensor = self.answer(h)
        return out


class Joining(nn.Module):
    "Input and memory side by side, not added, so that neither is lost in the other."

    def __init__(self, V: int, k: int = 42, hidden: int = 256) -> None:
        super().__init__()
        self.vectors = nn.Embedding(V, k)
        self.from_both = nn.Linear(k + hidden, hidden)
        self.from_memory = nn.Linear(hidden, hidden)
        self.answer = nn.Linear(hidden, V)

    def forward(self, codes: Tensor) -> Tensor:
        "(B, n) -> (B, V)."
        h = self.vectors.weight.new_zeros(len(codes), self.from_memory.in_features)
        for c in codes.unbind(1):
            both = torch.cat([h, self.vectors(c)], 1)
            h = torch.tanh(self.from_memory(torch.relu(self.from_both(both))))
        out: Tensor = self.answer(h)
        return out


class Recurrent(nn.Module):
    "torch's layer does the loop; the answer is given after the last character."

    def __init__(self, V: int, k: int = 42, hidden: int = 256) -> None:
        super().__init__()
        self.vectors = nn.Embedding(V, k)
        self.loop = nn.RNN(k, hidden, batch_first=True)
        self.answer = nn.Linear(hidden, V)

    def forward(self, codes: Tensor) -> Tensor:
        "(B, n) -> (B, V)."
        shown, _ = self.loop(self.vectors(codes))
        out: Tensor = self.answer(shown[:, -1])
        return out


class Every(Recurrent):
    "An answer after every character: n times as much to learn from for the same work."

    def forward(self, codes: Tensor) -> Tensor:
        "(B, n) -> (B, n, V)."
        shown, _ = self.loop(self.vectors(codes))
        out: Tensor = self.answer(shown)
        return out
