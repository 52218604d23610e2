"""The one door for compiled code: `jit` for functions, `Team` for threads that run one together.
 Numba's own parallel loops are not used.  Their runtimes abort the process when two Python threads
meet in one (workqueue), when it forks after a loop (GNU OpenMP) or when a library is missing.  A
kernel here is a plain compiled function that lets go of the interpreter lock; a `Team` calls it
from several threads as kernel(worker, gate, ...), and the kernel claims its work from `gate`.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import numpy as np
from numba import njit, types
from numba.core.caching import FunctionCache

from entable._cores import cores
from entable.kernels._atomic import fetch_add, read_now

_GATE = 256  # counters that a kernel may claim its work from
_OPTIONS = {"nogil": True, "error_model": "numpy", "boundscheck": False}


def jit(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    "Compile on first use and keep the result on disk, where a folder for it can be written."
    if function is None:
        return lambda f: jit(f, **options)
    compiled = njit(**_OPTIONS, **options)(function)
    with suppress(
        RuntimeError, OSError
    ):  # Numba's "no locator available": no folder can be written
        compiled._cache = _Cache(function)
    return compiled


def _sources() -> tuple[Any, ...]:
    "What tells one state of this folder's files from another."
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


class _Cache(FunctionCache):
    """Numba's cache of a function, told of two things that it overlooks.

    A kernel goes stale when a kernel that it calls changes, also in another file; and a disk that
    cannot be written, or that returns damaged files, is a reason to compile, not to stop.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file._source_stamp = (self._cache_file._source_stamp, _sources())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except (OSError, EOFError, ValueError, UnpicklingError):
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError, EOFError, ValueError, UnpicklingError):
            super().save_overload(sig, data)


# The wait below gives its core away when it lasts; the name is the platform's.
_give_way = types.ExternalFunction(
    "SwitchToThread" if os.name == "nt" else "sched_yield", types.int32()
)


@jit
def barrier(gate: Any, workers: int, arrivals: int) -> None:
    """Wait until `arrivals` have been counted at gate[0]; every worker counts itself once per
    barrier.
    """
    fetch_add(gate, 0, 1)
    spins = 0
    while read_now(gate, 0) < arrivals:
        spins += 1
        if spins > 2000:
            _give_way()


class Team:
    """Threads that run one kernel together and are gone when the `with` block ends.

    run(kernel, *args) calls kernel(worker, gate, *args) once per worker, the caller being worker 0;
    gate is a fresh int64 array of zeros, gate[-1] the number of workers.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.size = threads or cores()
        self._work: list[SimpleQueue[Any]] = [SimpleQueue() for _ in range(self.size - 1)]
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, args=(n, queue), daemon=True)
            for n, queue in enumerate(self._work, 1)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for queue in self._work:
            queue.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, worker: int, queue: SimpleQueue[Any]) -> None:
        while task := queue.get():
            kernel, gate, args = task
            try:
                kernel(worker, gate, *args)
                self._done.put(None)
            except BaseException as error:
                self._done.put(error)

    def run(self, kernel: Callable[..., Any], *args: Any) -> None:
        "Run the kernel on every worker and wait for all of them."
        gate = np.zeros(_GATE, np.int64)
        gate[-1] = self.size
        self._run(kernel, gate, args)

    def run_alone(self, kernel: Callable[..., Any], *args: Any) -> None:
        "Run the kernel on the caller only: for work that is shorter than waking the others."
        gate = np.zeros(_GATE, np.int64)
        gate[-1] = 1
        kernel(0, gate, *args)

    def _run(self, kernel: Callable[..., Any], gate: Any, args: Any) -> None:
        for queue in self._work:
            queue.put((kernel, gate, args))
        try:
            kernel(0, gate, *args)
        finally:
            errors = [self._done.get() for _ in self._work]
        for error in errors:
            if error is not None:
                raise error
