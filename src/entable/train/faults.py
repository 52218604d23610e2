"""What goes wrong in a step of training, said in one sentence."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from entable.errors import BadInput, EntableError
from entable.train.losses import meaning
from entable.train.run import Diverged, Run

__all__ = ["check_first", "check_loss", "check_shapes", "diverged", "no_steps", "shapes", "told"]

_PAIRED = {
    nn.MSELoss, fn.mse_loss, nn.L1Loss, fn.l1_loss, nn.HuberLoss, fn.huber_loss, nn.SmoothL1Loss,
    fn.smooth_l1_loss, nn.BCEWithLogitsLoss, fn.binary_cross_entropy_with_logits, nn.BCELoss,
    fn.binary_cross_entropy, nn.PoissonNLLLoss, fn.poisson_nll_loss,
}  # fmt: skip
_LIKELIHOODS = {nn.NLLLoss, fn.nll_loss}
_CLASSES = {nn.CrossEntropyLoss, fn.cross_entropy, *_LIKELIHOODS}


def shapes(value: Any) -> str:
    "Shapes of tensors, however nested, for people."
    if isinstance(value, Tensor):
        return "x".join(map(str, value.shape)) or "one number"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(shapes, value))})"
    return type(value).__name__


def check_first(run: Run, loss: Any, y: Any) -> None:
    "Refuse a batch that is no sequence of inputs and a target, and what `check_shapes` refuses."
    if not isinstance(run.batch, (tuple, list)):
        raise BadInput(
            f"a batch of {shapes(run.batch)} came {_where(run)}; inputs and, last, a target were "
            "wanted"
        )
    try:
        check_shapes(loss, run.pred, y)
    except BadInput as error:
        raise BadInput(f"{_place(run)}: {error}") from None


def check_shapes(loss: Any, pred: Any, y: Any) -> None:
    """Refuse what torch would take and stretch or misread, or refuse without saying how to mend it.

    Predictions and targets that are not alike where numbers are compared with numbers, targets that
    are no classes, probabilities where a likelihood wants logarithms. Raises BadInput with both.
    """
    y = y[0] if isinstance(y, tuple) else y
    if not (isinstance(pred, Tensor) and isinstance(y, Tensor)):
        return
    kind = meaning(loss)
    came = f"predictions of shape {shapes(pred)} and targets of shape {shapes(y)} came; "
    name = getattr(kind, "__name__", "the loss")
    if kind in _PAIRED and pred.shape != y.shape:
        raise BadInput(
            f"{came}{name} compares number with number, so both must be alike: give the model an "
            "output for each target, or reshape the target"
        )
    if kind in _CLASSES:
        _check_classes(name, came, pred, y)
    if kind in _LIKELIHOODS and pred.numel() and pred.detach().max() > 1e-4:
        raise BadInput(
            f"{name} wants log-probabilities, at most 0, and the model gave up to "
            f"{pred.max().item():.4g}: end it with log_softmax, or use cross-entropy on its raw "
            "output"
        )


def _check_classes(name: str, came: str, pred: Tensor, y: Tensor) -> None:
    if y.shape == pred.shape and y.is_floating_point() and pred.ndim > 1:
        return  # a probability for each class
    if y.is_floating_point() or pred.ndim < 2 or y.shape != pred.shape[:1] + pred.shape[2:]:
        raise BadInput(
            f"{came}{name} wants an output for each class, (rows, classes), and for each row the "
            f"number of its class as a whole number, (rows); targets are {y.dtype} here"
        )
    classes, low, high = pred.shape[1], int(y.min()), int(y.max())
    if high >= classes or (low < 0 and low != -100):  # -100: rows that torch leaves out
        raise BadInput(
            f"classes from {low} to {high} came and the model has {classes} outputs, for classes "
            f"from 0 to {classes - 1}: number them so, or give the model more outputs"
        )


def check_loss(loss: Any) -> None:
    "Refuse a loss that is no tensor of one number, or from which nothing can be learnt."
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        came = f"a tensor of shape {shapes(loss)}" if isinstance(loss, Tensor) else f"{loss!r:.60}"
        raise BadInput(
            f"the loss gave {came}; a tensor of one number was wanted: take its mean over the batch"
        )
    if not loss.requires_grad:
        raise BadInput(
            "the loss does not depend on any weight that may move: what it was computed from is "
            "frozen, or was cut off (by .detach(), .item() or NumPy); unfreeze it, or compute the "
            "loss in torch"
        )


def diverged(run: Run) -> Exception:
    "What to say of a loss that is not finite, below what it can be, or far above its best."
    if rows(run.batch) == 0:
        return BadInput(f"an empty batch came {_where(run)}; a batch has one row at least")
    place = f"{_place(run)}{_culprit(run)}"
    kept = "the weights are those after the last good step"
    if run.value < run.floor:
        name = getattr(meaning(run.learner.loss), "__name__", "the loss")
        return Diverged(
            f"the loss is {run.value:.4g} {place}, and {name} is never below 0 unless it is given "
            "what it does not want (probabilities for their logarithms, targets that are none): "
            f"look at the model's output and the targets; {kept}"
        )
    what = f"the loss is {run.value:.4g}"
    if math.isfinite(run.value):
        times = run.learner.guard.times
        what += f", which lifts its smoothed mean above {times:g} times its best,"
    return Diverged(f"{what} {place}: a lower rate or clipped gradients (clip=1) may help; {kept}")


def no_steps(run: Run) -> BadInput:
    "What to say of an epoch without a single batch."
    return BadInput(
        f"epoch {run.epoch + 1} had no batches where {run.steps:,} were promised; one row at least "
        "is needed"
    )


def told(error: Exception, run: Run) -> Exception:
    "An error of a step in our words if its cause is known, else with a note on where it was."
    if isinstance(error, Diverged) and "in epoch" not in str(error):
        return Diverged(f"{_place(run)}: {error}")
    if isinstance(error, EntableError):
        return error
    known = _known(error, run)
    if known is not None:
        known.__cause__ = error
        return known
    error.add_note(
        f"{_where(run)}, on a batch of {shapes(_plain(run.batch))}; predictions of "
        f"{shapes(run.pred)}"
    )
    return error


def rows(batch: Any) -> int | None:
    "Rows of a batch; None where its first part has no length."
    try:
        return len(batch[0])
    except (TypeError, IndexError, KeyError):
        return None


def _known(error: Exception, run: Run) -> BadInput | None:
    if isinstance(run.batch, (tuple, list)) and len(run.batch) < 2:
        return BadInput(
            f"a batch of {shapes(_plain(run.batch))} came {_where(run)}; inputs and, last, a "
            "target were wanted"
        )
    if "more than 1 value per channel" in str(error) and rows(run.batch) == 1:
        return BadInput(
            f"a batch of one row came {_where(run)}, and batch norm cannot learn from one: make "
            "batches larger, or give the DataLoader drop_last=True"
        )
    if run.loss is not None or "no attribute 'item'" in str(error):
        try:
            check_loss(run.loss)
        except BadInput as found:
            return found
    return None


def _place(run: Run) -> str:
    "Step, learning rate and batch."
    rate = max(group["lr"] for group in run.opt.param_groups)
    return f"{_where(run)}, at learning rate {rate:.3g}, on a batch of {shapes(_plain(run.batch))}"


def _where(run: Run) -> str:
    return f"in epoch {run.epoch + 1}, step {run.step + 1}"


def _plain(batch: Any) -> Any:
    return tuple(batch) if isinstance(batch, list) else batch


def _culprit(run: Run) -> str:
    for name, part in (("inputs", run.batch[:-1]), ("targets", run.batch[-1:])):
        for tensor in part:
            if isinstance(tensor, Tensor) and tensor.is_floating_point():
                bad = int((~torch.isfinite(tensor)).sum())
                if bad:
                    return f" ({bad:,} of the {name} are not finite)"
    return ""
