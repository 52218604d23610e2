"""The Learner: a model, batches, a loss, and the one training loop."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from entable._stopping import stoppable
from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train import optim, schedule, wrap
from entable.train.batches import as_source, mixed
from entable.train.callbacks import Bound, Callback
from entable.train.checkpoint import Checkpoint
from entable.train.device import Place
from entable.train.faults import check_first, diverged, no_steps, told
from entable.train.groups import Split, freeze_to, layers, parameters, rates, to_train
from entable.train.guard import Guard
from entable.train.losses import Weighted
from entable.train.lrfind import LRs, lr_find
from entable.train.metrics import named
from entable.train.recorder import Recorder
from entable.train.run import Run
from entable.train.schedule import Schedule
from entable.train.trained import Trained

__all__ = ["Learner"]

Rate = float | slice | Sequence[float]
Path_ = str | os.PathLike[str]


class Learner(Trained):
    """A model that learns from batches by a loss.

    batches: `Batches` or a DataLoader of torch, (x, ..., y) each; loss(pred, y) gives one number
    (`losses` has some that say what outputs mean). opt makes an optimizer from groups of weights:
    `optim.adam`, or any of torch's. wd is the decay per step, times the rate and apart from the
    gradients; biases and norms do not decay. groups: from the model to lists of its modules, from
    the input's side to the head, whose rates may differ and which can be frozen (`freeze_to`).
    precision: "bf16" computes in mixed precision. clip: the largest norm of the gradients.
    accumulate: batches for one step. guard: how many times its best the smoothed loss may be
    (`Guard`). seed: of what is random in the model, such as dropout.
    Raises BadInput for what cannot be trained.
    """

    def __init__(
        self,
        model: nn.Module,
        batches: Any,
        loss: Callable[..., Any],
        opt: optim.Maker = optim.adam,
        metrics: Sequence[Any] | Mapping[str, Any] = (),
        callbacks: Iterable[Callback] = (),
        wd: float = 0.01,
        lr: float = 1e-3,
        groups: Split | None = None,
        valid: Any = None,
        device: str | torch.device | None = None,
        precision: str | None = None,
        clip: float | None = None,
        accumulate: int = 1,
        guard: float = 4.0,
        seed: int = 0,
    ) -> None:
        self.place = Place.of(device, precision)
        self.device, self.precision = self.place.device, precision
        self.model, self.batches = model.to(self.device), as_source(batches)
        held = getattr(batches, "valid", None) if valid is None else valid
        self.valid = None if held is None else as_source(held)
        weighted = getattr(batches, "weighted", False) and not isinstance(loss, Weighted)
        self.loss = Weighted(loss) if weighted else loss
        if hasattr(self.loss, "to"):  # weights of classes go along
            self.loss.to(self.device)
        self.make_opt, self.wd, self.lr, self.seed = opt, wd, lr, seed
        self.clip, self.accumulate = clip, at_least_one(accumulate, "accumulate")
        self.metrics, self.callbacks = named(metrics), list(callbacks)
        self.groups = layers(model, groups)
        self.opt: Any = None
        self.trained = 0  # epochs, of all fits
        self.stopped: str | None = None  # why the last fit ended early, if it did
        self.recorder, self.guard = Recorder(), Guard(guard)

    def fit(
        self,
        epochs: int,
        lr: Rate | None = None,
        wd: float | None = None,
        callbacks: Iterable[Callback] = (),
        reset: bool = False,
        resume: Path_ | None = None,
    ) -> Recorder:
        """Train for some epochs; what the optimizer remembers lives on from fit to fit.

        lr: one rate, a slice (`groups.rates`), or one for each layer group. reset: forget the
        optimizer's moments. resume: a folder of checkpoints to go on from and to keep up. Ctrl-C
        ends training between two steps. Returns the Recorder.
        Raises BadInput for bad arguments or shapes, Diverged where the loss is not finite.
        """
        run = self._begin(at_least_one(epochs, "epochs"), lr, wd, reset)
        saved = [] if resume is None else [Checkpoint(resume, resume=True)]
        run.callbacks = (self.recorder, self.guard, *self.callbacks, *callbacks, *saved)
        on = Bound(run.callbacks)
        with stoppable(run.interrupt), self.place.forked():
            try:
                for hook in on.before_fit:
                    hook(run)
                while run.epoch < epochs and not run.stop:
                    if not run.step:
                        self.place.seed(mixed(self.seed, run.before + run.epoch))
                    for hook in on.before_epoch:
                        hook(run)
                    with self.place.computing():
                        self._train(run, on)
                    self._close_epoch(run, on)
            finally:
                self.trained = run.before + run.epoch + (run.step > 0)
                self.stopped = run.stop
                for hook in on.after_fit:
                    hook(run)
        return self.recorder

    def _train(self, run: Run, on: Bound) -> None:
        "The one training loop: the rest of an epoch."
        model, loss_of, opt = run.model, self.loss, run.opt
        to_train(model)
        try:
            batches = run.batches.epoch(run.before + run.epoch, run.step)
            for run.batch in self.place.moved(batches):
                for hook in on.before_step:
                    hook(run)
                *x, y = run.batch
                run.pred = model(*x)
                if not run.done:
                    check_first(run, loss_of, y)
                run.loss = loss_of(run.pred, y)
                run.value = run.loss.item()
                if not run.floor <= run.value < run.limit:
                    raise diverged(run)
                for hook in on.after_loss:
                    hook(run)
                run.loss.backward()
                for hook in on.after_backward:
                    hook(run)
                opt.step()
                opt.zero_grad(set_to_none=True)
                rows = len(x[0])
                run.step, run.done = run.step + 1, run.done + 1
                run.rows, run.summed = run.rows + rows, run.summed + run.value * rows
                for hook in on.after_step:
                    hook(run)
                if run.stop:
                    break
        except Exception as error:
            raise told(error, run) from None

    def _begin(self, epochs: int, lr: Rate | None, wd: float | None, reset: bool) -> Run:
        "The optimizer with this fit's rates and decay, and a Run at its beginning."
        if not any(p.requires_grad for p in self.model.parameters()):
            raise BadInput(
                "every weight is frozen, so nothing can be learnt; unfreeze() or freeze_to(-1)"
            )
        if self.opt is None or reset:
            self.opt = self._made()
        self.opt.zero_grad(set_to_none=True)  # what a step that failed may have left
        each = rates(self.lr if lr is None else lr, len(self.groups))
        for group in self.opt.param_groups:
            group["lr"] = each[group["layers"]]
            optim.set_decay(group, (self.wd if wd is None else wd) if group["decays"] else 0.0)
        steps = len(self.batches)
        return Run(self, self.model, self.opt, self.batches, epochs, steps, self.trained)

    def _made(self) -> Any:
        "A new optimizer, with clipping and accumulation around it if they are wanted."
        self.model.zero_grad(set_to_none=True)
        opt = self.make_opt(parameters(self.groups))
        if self.clip is not None:
            opt = wrap.Clip(opt, self.clip)
        return opt if self.accumulate == 1 else wrap.Accumulate(opt, self.accumulate)

    def _close_epoch(self, run: Run, on: Bound) -> None:
        "Tell the callbacks, look at held-out batches, and go to the next epoch."
        if not run.rows:
            raise no_steps(run)
        for hook in on.after_train:
            hook(run)
        if run.stop and run.step < run.steps:
            return
        run.metrics = {"train_loss": run.summed / run.rows}
        if self.valid is not None:
            run.metrics |= self.validate()
        for hook in on.after_epoch:
            hook(run)
        run.epoch, run.step, run.rows, run.summed = run.epoch + 1, 0, 0, 0.0

    def fit_one_cycle(
        self,
        epochs: int,
        lr: Rate | None = None,
        warm: float = 0.25,
        div: float = 25.0,
        final: float = 1e5,
        momentum: tuple[float, float] = (0.95, 0.85),
        **rest: Any,
    ) -> Recorder:
        "One cycle: the rate rises over the share `warm` and falls, momentum in mirror image."
        moving = schedule.one_cycle_momentum(*momentum, warm)
        plan = Schedule(lr=schedule.one_cycle(1.0, warm, div, final), momentum=moving)
        return self._planned(plan, epochs, lr, rest)

    def fit_sgdr(
        self,
        cycles: int,
        lr: Rate | None = None,
        cycle_len: int = 1,
        cycle_mult: int = 1,
        **rest: Any,
    ) -> Recorder:
        "Warm restarts: a cosine to 0 in each cycle, cycles of cycle_len epochs, times cycle_mult."
        epochs = sum(cycle_len * cycle_mult**c for c in range(at_least_one(cycles, "cycles")))
        return self._planned(Schedule(lr=schedule.sgdr(1.0, cycles, cycle_mult)), epochs, lr, rest)

    def fit_flat_cos(
        self, epochs: int, lr: Rate | None = None, start: float = 0.75, **rest: Any
    ) -> Recorder:
        "The same rate until the share `start` is done, then a cosine to 0."
        return self._planned(Schedule(lr=schedule.flat_cos(1.0, start)), epochs, lr, rest)

    def _planned(
        self, plan: Schedule, epochs: int, lr: Rate | None, rest: dict[str, Any]
    ) -> Recorder:
        return self.fit(epochs, lr, callbacks=[plan, *rest.pop("callbacks", ())], **rest)

    def fine_tune(
        self, epochs: int, lr: float = 2e-3, frozen: int = 1, mult: float = 100.0, **rest: Any
    ) -> Recorder:
        "The head alone for `frozen` epochs, then all: half the rate, slice(rate / mult, rate)."
        self.freeze()
        self.fit_one_cycle(frozen, slice(lr), warm=0.99, **rest)
        self.unfreeze()
        lr = lr / 2
        return self.fit_one_cycle(epochs, slice(lr / mult, lr), warm=0.3, div=5.0, **rest)

    def lr_find(
        self,
        start: float = 1e-7,
        end: float = 10.0,
        steps: int = 100,
        callbacks: Iterable[Callback] = (),
    ) -> LRs:
        "Which rate to train at: a sweep that leaves everything as it was (`lrfind.lr_find`)."
        return lr_find(self, start, end, steps, callbacks)

    def freeze_to(self, n: int) -> None:
        """Let only the layer groups from the n-th on learn; negative n counts from the head.

        What is frozen keeps no gradients; its batch norms keep their statistics, at which they stay
        in training too, so a frozen layer gives the same for the same input.
        """
        freeze_to(self.groups, n)

    def freeze(self) -> None:
        "Let only the head learn."
        self.freeze_to(-1)

    def unfreeze(self) -> None:
        "Let every layer learn."
        self.freeze_to(0)
