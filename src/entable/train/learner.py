"""The Learner: a model, batches, a loss, and the one training loop."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from entable.data.checks import at_least_one
from entable.errors import BadInput
from entable.train import groups, optim, schedule
from entable.train.batches import as_source
from entable.train.callbacks import Bound, Callback
from entable.train.device import best_device, moved
from entable.train.faults import check_shapes, diverged, told
from entable.train.looking import judged
from entable.train.metrics import named
from entable.train.recorder import Recorder
from entable.train.run import Run
from entable.train.schedule import Schedule

__all__ = ["Learner"]

Rate = float | slice | Sequence[float]


class Learner:
    """A model that learns from batches by a loss.

    batches: `Batches` or a DataLoader of torch, (x, ..., y) each; loss(pred, y) gives one number.
    opt makes an optimizer from groups of weights: `optim.adam`, or any of torch's. wd is the decay
    per step, times the rate and apart from the gradients; biases and norms do not decay. layers:
    lists of modules, from the input's side to the head, whose rates may differ. precision: "bf16"
    computes in mixed precision. Raises BadInput for what cannot be trained.
    """

    def __init__(
        self,
        model: nn.Module,
        batches: Any,
        loss: Callable[..., Tensor],
        opt: optim.Maker = optim.adam,
        metrics: Sequence[Any] | Mapping[str, Any] = (),
        callbacks: Iterable[Callback] = (),
        wd: float = 0.01,
        lr: float = 1e-3,
        layers: Callable[[nn.Module], list[list[nn.Module]]] | None = None,
        valid: Any = None,
        device: str | torch.device | None = None,
        precision: str | None = None,
        seed: int = 0,
    ) -> None:
        self.device = best_device(device)
        self.model, self.loss = model.to(self.device), loss
        self.batches = as_source(batches)
        held = getattr(batches, "valid", None) if valid is None else valid
        self.valid = None if held is None else as_source(held)
        self.make_opt, self.wd, self.lr, self.seed = opt, wd, lr, seed
        self.metrics, self.callbacks = named(metrics), list(callbacks)
        self.layers = groups.layers(model, layers)
        self.precision = precision
        self.opt: Any = None
        self.recorder = Recorder()

    def fit(
        self,
        epochs: int,
        lr: Rate | None = None,
        wd: float | None = None,
        callbacks: Iterable[Callback] = (),
        reset: bool = False,
    ) -> Recorder:
        """Train for some epochs; what the optimizer remembers lives on from fit to fit.

        lr: one rate, a slice (`groups.rates`), or one for each layer group. reset: forget the
        optimizer's moments. Ctrl-C ends training between two steps. Returns the Recorder.
        Raises BadInput for bad arguments or shapes, Diverged where the loss is not finite.
        """
        run = self._begin(at_least_one(epochs, "epochs"), lr, wd, reset)
        on = Bound([self.recorder, *self.callbacks, *callbacks])
        run.callbacks = on.callbacks
        try:
            for hook in on.before_fit:
                hook(run)
            while run.epoch < epochs and not run.stop:
                for hook in on.before_epoch:
                    hook(run)
                with self._precision():
                    self._train(run, on)
                self._close_epoch(run, on)
        finally:
            for hook in on.after_fit:
                hook(run)
        return self.recorder

    def _train(self, run: Run, on: Bound) -> None:
        "The one training loop: the rest of an epoch."
        model, loss_of, opt = run.model, self.loss, run.opt
        groups.to_train(model)
        try:
            batches = moved(run.batches.epoch(run.epoch, run.step), self.device)
            for run.batch in batches:
                for hook in on.before_step:
                    hook(run)
                *x, y = run.batch
                run.pred = model(*x)
                if not run.done:
                    check_shapes(loss_of, run.pred, y)
                run.loss = loss_of(run.pred, y)
                run.value = run.loss.item()
                if not run.value < run.limit:
                    raise diverged(run)
                for hook in on.after_loss:
                    hook(run)
                run.loss.backward()  # type: ignore[no-untyped-call]
                for hook in on.after_backward:
                    hook(run)
                opt.step()
                opt.zero_grad(set_to_none=True)
                run.step, run.done = run.step + 1, run.done + 1
                run.rows, run.summed = run.rows + len(x[0]), run.summed + run.value * len(x[0])
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
            self.opt = self.make_opt(self._parameters())
        rates = groups.rates(self.lr if lr is None else lr, len(self.layers))
        for group in self.opt.param_groups:
            group["lr"] = rates[group["layers"]]
            optim.set_decay(group, (self.wd if wd is None else wd) if group["decays"] else 0.0)
        return Run(self, self.model, self.opt, self.batches, epochs, len(self.batches))

    def _close_epoch(self, run: Run, on: Bound) -> None:
        "Look at held-out batches, tell the callbacks, and go to the next epoch."
        for hook in on.after_train:
            hook(run)
        run.metrics = {"train_loss": run.summed / max(run.rows, 1)}
        if self.valid is not None and not run.stop:
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

    def _parameters(self) -> list[dict[str, Any]]:
        return groups.parameters(self.layers)

    def _precision(self) -> Any:
        if self.precision is None:
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def freeze_to(self, n: int) -> None:
        "Let only the layer groups from the n-th on learn; negative n counts from the head."
        groups.freeze_to(self.layers, n)

    def freeze(self) -> None:
        "Let only the head learn."
        self.freeze_to(-1)

    def unfreeze(self) -> None:
        "Let every layer learn."
        self.freeze_to(0)

    def validate(self, batches: Any = None) -> dict[str, float]:
        """Loss and metrics on held-out batches: "valid_loss" and the metrics' names.

        Raises BadInput where there are none.
        """
        held = self.valid if batches is None else as_source(batches)
        if held is None:
            raise BadInput("there are no held-out batches; give some, or Batches with valid=")
        return judged(self.model, held, self.loss, self.metrics, self.device)
