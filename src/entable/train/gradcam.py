"""Where a net looks: which places of a layer's maps an output rests on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as fn

from entable.errors import BadInput, UnknownName
from entable.train.looking import resting

if TYPE_CHECKING:
    from entable.train.learner import Learner

__all__ = ["Heat", "grad_cam"]


class Heat(NamedTuple):
    """How much each place of n pictures speaks for an output, (n, H, W) from 0 to 1.

    of (n,): the output; scores (n,): what the net gives for it; layer: whose maps were looked at.
    """

    places: NDArray[np.float32]
    of: NDArray[np.int64]
    scores: NDArray[np.float32]
    layer: str


def grad_cam(
    learner: "Learner", x: Tensor, of: Any = None, layer: nn.Module | str | None = None
) -> Heat:
    """Grad-CAM of pictures x (n, C, H, W): maps of a layer, weighed by their mean gradients.

    of: an output for all, or one each (n,); the largest of each if not given. layer: a module or
    its name; the last whose output is a map if not given. The model stays as it was. Selvaraju et
    al. (2017), "Grad-CAM: visual explanations from deep networks via gradient-based localization".
    Raises BadInput where the layer gives no maps.
    """
    x = x.to(learner.device).detach().requires_grad_()  # frozen layers, too, are on the way
    with resting(learner.model) as model, torch.enable_grad(), _maps(model) as maps:
        out = model(x)
        name, found = _chosen(maps, model, layer)
        out = out if out.ndim == 2 else out.reshape(len(x), 1)
        at = _outputs(out, of)
        scores = out.gather(1, at[:, None])[:, 0]
        (slope,) = torch.autograd.grad(scores.sum(), found)
    weights = slope.mean((2, 3), keepdim=True)  # (n, K, 1, 1)
    heat = (weights * found.detach()).sum(1, keepdim=True).relu()  # (n, 1, h, w)
    heat = fn.interpolate(heat, x.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    heat = heat / heat.amax((1, 2), keepdim=True).clamp(min=torch.finfo(heat.dtype).tiny)
    told = scores.detach().float().cpu().numpy()
    return Heat(heat.float().cpu().numpy(), at.cpu().numpy(), told, name)


@contextmanager
def _maps(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    "What modules gave, by name in the order of use, where it was maps (n, K, h, w)."
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, out: Any) -> None:
            if isinstance(out, Tensor) and out.ndim == 4 and out.shape[2] * out.shape[3] > 1:
                found[name] = out

        return hook

    hooks = [
        module.register_forward_hook(keep(name)) for name, module in model.named_modules() if name
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _chosen(
    maps: dict[str, Tensor], model: nn.Module, layer: nn.Module | str | None
) -> tuple[str, Tensor]:
    if not maps:
        raise BadInput("no layer of the model gives maps (n, channels, height, width) to look at")
    if layer is None:
        return [*maps.items()][-1]
    if isinstance(layer, nn.Module):
        names = [name for name, module in model.named_modules() if module is layer]
        layer = names[0] if names else type(layer).__name__
    if layer not in maps:
        raise UnknownName(f"no layer {layer!r} gives maps; these do: {', '.join(maps)}")
    return layer, maps[layer]


def _outputs(out: Tensor, of: Any) -> Tensor:
    "The output that each row is asked about (n,)."
    if of is None:
        return out.detach().argmax(1)
    at = torch.as_tensor(np.asarray(of, np.int64), device=out.device)
    if at.ndim not in (0, 1) or (at.ndim and len(at) != len(out)):
        raise BadInput(f"of={of!r} came; one output, or one for each of {len(out)}, was wanted")
    if bool((at < 0).any()) or bool((at >= out.shape[1]).any()):
        raise BadInput(f"of={of!r} came; the model has outputs 0 to {out.shape[1] - 1}")
    return at.expand(len(out))
