"""Convolutions: by loops and as a matrix product, the layers made of them, and a small convnet."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

__all__ = [
    "BatchNorm", "ConcatPool", "ConvNet", "Dropout", "Outputs", "block", "by_loops", "by_matrix",
    "concat_head", "patches", "start",
]  # fmt: skip


def by_loops(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """A convolution as it is meant: each filter is laid on every place, multiplied and summed.

    (B, C, H, W) and filters (F, C, h, w) -> (B, F, H', W'), H' = (H + 2 padding - h) // stride + 1.
    """
    x = fn.pad(x, (padding,) * 4)
    filters, _, h, w = weight.shape
    rows, columns = (x.shape[2] - h) // stride + 1, (x.shape[3] - w) // stride + 1
    out = x.new_zeros(len(x), filters, rows, columns)
    for f in range(filters):
        for i in range(rows):
            for j in range(columns):
                a, b = i * stride, j * stride
                part = x[:, :, a : a + h, b : b + w]  # (B, C, h, w)
                out[:, f, i, j] = (part * weight[f]).sum((1, 2, 3))
    return out


def patches(x: Tensor, size: tuple[int, int], stride: int = 1, padding: int = 0) -> Tensor:
    "What filters are laid on: (B, C, H, W) -> (B, H' W', C h w), a row for every place."
    x = fn.pad(x, (padding,) * 4)
    every = x.unfold(2, size[0], stride).unfold(3, size[1], stride)  # (B, C, H', W', h, w)
    return every.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def by_matrix(x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    "The same as one matrix product: every place is a row, every filter a column."
    filters, _, h, w = weight.shape
    out = patches(x, (h, w), stride, padding) @ weight.flatten(1).T  # (B, H' W', F)
    rows = (x.shape[2] + 2 * padding - h) // stride + 1
    return out.transpose(1, 2).reshape(len(x), filters, rows, -1)


class BatchNorm(nn.Module):
    """Batch norm by hand (Ioffe & Szegedy 2015), equal to torch's: channels around 0, spread 1.

    While it learns it takes mean and spread from the batch and keeps a running mean of both, which
    it uses at rest.
    """

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.momentum, self.eps = momentum, eps

    running_mean: Tensor
    running_var: Tensor

    def forward(self, x: Tensor) -> Tensor:
        "(B, C, H, W) -> the same."
        mean, var = self.running_mean, self.running_var
        if self.training:
            n = x.numel() // x.shape[1]
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * n / (n - 1), self.momentum)
        scale = self.weight / (var + self.eps).sqrt()  # (C,)
        shift = self.bias - mean * scale
        return x * scale[:, None, None] + shift[:, None, None]


class Dropout(nn.Module):
    "Dropout by hand: a share p of the numbers becomes 0, the others grow so that the mean stays."

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        "Any shape -> the same; at rest what came."
        if not self.training or not self.p:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.p)
        return x * kept / (1 - self.p)


class ConcatPool(nn.Module):
    "Mean and maximum over all places, side by side: (B, C, H, W) -> (B, 2 C), the maximum first."

    def forward(self, x: Tensor) -> Tensor:
        "(B, C, H, W) -> (B, 2 C)."
        return torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1)


def block(channels: int, filters: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    "Convolution, batch norm, ReLU; a stride of 2 halves height and width."
    return nn.Sequential(
        nn.Conv2d(channels, filters, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
    )


def concat_head(
    features: int, outputs: int, hidden: int | None = None, dropout: float = 0.0
) -> nn.Sequential:
    "Concatenated pooling and a linear layer, or two with batch norm and dropout around."
    wide = 2 * features
    if hidden is None:
        return nn.Sequential(ConcatPool(), nn.Dropout(dropout), nn.Linear(wide, outputs))
    return nn.Sequential(
        ConcatPool(),
        nn.BatchNorm1d(wide),
        nn.Dropout(dropout / 2),
        nn.Linear(wide, hidden, bias=False),
        nn.ReLU(inplace=True),
        nn.BatchNorm1d(hidden),
        nn.Dropout(dropout),
        nn.Linear(hidden, outputs),
    )


def start(model: nn.Module) -> nn.Module:
    """Kaiming's start (He et al. 2015): activations keep their spread from layer to layer.

    Filters are normal with variance 2 / (numbers that go in), the last linear layer's are small.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return model


class Outputs(nn.Module):
    "Outputs in the units of a target: times scale (T,) plus centre (T,); single gives (B,)."

    def __init__(self, centre: Sequence[float], scale: Sequence[float], single: bool) -> None:
        super().__init__()
        self.register_buffer("centre", torch.tensor(centre, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        self.single = single

    centre: Tensor
    scale: Tensor

    def forward(self, x: Tensor) -> Tensor:
        "(B, T) -> the same, or (B,) of the only one."
        out = x * self.scale + self.centre
        return out[:, 0] if self.single else out


class ConvNet(nn.Module):
    """A small convnet: blocks of convolution, batch norm and ReLU, then a head.

    widths: filters of each block, of which every second one but the first halves the picture (or
    strides says which). head: makes a module from (B, widths[-1], H, W) to (B, outputs), if not
    given `concat_head`.
    """

    def __init__(
        self,
        channels: int = 1,
        outputs: int = 10,
        widths: Sequence[int] = (16, 32, 32, 64, 64),
        strides: Sequence[int] | None = None,
        head: Callable[[int], nn.Module] | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        strides = [1 + k % 2 for k in range(len(widths))] if strides is None else strides
        sizes = [channels, *widths]
        self.body = nn.Sequential(
            *(block(a, b, s) for a, b, s in zip(sizes, widths, strides, strict=False))
        )
        usual = partial(concat_head, outputs=outputs, dropout=dropout)
        self.head = (head or usual)(widths[-1])
        self.features = widths[-1]
        start(self)

    def forward(self, x: Tensor) -> Tensor:
        "(B, C, H, W) -> (B, outputs)."
        out: Tensor = self.head(self.body(x))
        return out
