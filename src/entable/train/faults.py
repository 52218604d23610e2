"""What goes wrong in a step of training, said in one sentence."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from entable.errors import BadInput, EntableError
from entable.train.run import Diverged, Run

__all__ = ["check_loss", "check_shapes", "diverged", "shapes", "told"]

_PAIRED = (nn.MSELoss, nn.L1Loss, nn.HuberLoss, nn.SmoothL1Loss, nn.BCEWithLogitsLoss, nn.BCELoss)
_LIKELIHOODS = (nn.NLLLoss,)


def shapes(value: Any) -> str:
    "Shapes of tensors, however nested, for people."
    if isinstance(value, Tensor):
        return "x".join(map(str, value.shape)) or "one number"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(shapes, value))})"
    return type(value).__name__


def check_shapes(loss: Any, pred: Any, y: Any) -> None:
    """Refuse predictions and targets that would be stretched to each other's shape, not paired.

    Also probabilities where a likelihood wants their logarithms. Raises BadInput with both shapes.
    """
    if not (isinstance(pred, Tensor) and isinstance(y, Tensor)):
        return
    if isinstance(loss, _PAIRED) and pred.shape != y.shape:
        raise BadInput(
            f"predictions of shape {shapes(pred)} and targets of shape {shapes(y)} came; "
            f"{type(loss).__name__} compares number with number, so both must be alike: "
            "give the model an output for each target, or reshape the target"
        )
    if isinstance(loss, _LIKELIHOODS) and pred.numel() and pred.detach().max() > 1e-4:
        raise BadInput(
            f"{type(loss).__name__} wants log-probabilities, at most 0, and the model gave up to "
            f"{pred.max().item():.4g}: end it with log_softmax, or use cross-entropy on its raw "
            "output"
        )


def check_loss(loss: Any) -> None:
    "Refuse a loss that is no tensor of one number, or from which nothing can be learnt."
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise BadInput(
            f"the loss gave {shapes(loss)}; one number was wanted: take its mean over the batch"
        )
    if not loss.requires_grad:
        raise BadInput(
            "the loss does not depend on any weight that may move: everything is frozen, or the "
            "loss was cut off (by .detach(), .item() or NumPy); unfreeze, or compute it in torch"
        )


def diverged(run: Run) -> Diverged:
    "What to say of a loss that is not finite or far above its best."
    where = f"in epoch {run.epoch + 1}, step {run.step + 1}"
    rate = max(group["lr"] for group in run.opt.param_groups)
    what = f"the loss is {run.value:.4g}"
    if math.isfinite(run.value):
        what += f", above {run.limit:.4g}, four times its smoothed best"
    return Diverged(
        f"{what} {where}, at learning rate {rate:.3g}, on a batch of {shapes(run.batch)}"
        f"{_culprit(run)}: a lower rate or clipped gradients may help; the weights are those after "
        "the last good step"
    )


def _culprit(run: Run) -> str:
    for name, part in (("inputs", run.batch[:-1]), ("targets", run.batch[-1:])):
        for tensor in part:
            if isinstance(tensor, Tensor) and tensor.is_floating_point():
                bad = int((~torch.isfinite(tensor)).sum())
                if bad:
                    return f" ({bad:,} of the {name} are not finite)"
    return ""


def told(error: Exception, run: Run) -> Exception:
    "An error of a step with a note on where it was: shapes and place."
    if isinstance(error, EntableError):
        return error
    if isinstance(run.loss, Tensor) and run.loss.numel() != 1:
        return BadInput(
            f"the loss gave {shapes(run.loss)}; one number was wanted: take its mean over the batch"
        )
    error.add_note(
        f"in epoch {run.epoch + 1}, step {run.step + 1}, on a batch of {shapes(run.batch)}; "
        f"predictions of {shapes(run.pred)}"
    )
    return error
