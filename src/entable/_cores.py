"""Processor cores: how many there are to use, and BLAS held to one of them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["blas_at_one", "cores"]


def cores() -> int:
    "Cores that this process may use."
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@cache
def _libraries() -> list[Any]:
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)  # takes a while


_lock = threading.Lock()
_inside = 0
_before: list[tuple[Any, int]] = []  # libraries that were held, and their threads before


@contextmanager
def blas_at_one() -> Iterator[None]:
    """BLAS held to one thread for as long as any thread of the process is inside.

    Where another thread of the caller holds it by threadpoolctl, that is left as it is.
    """
    global _inside
    with _lock:
        if _inside == 0:
            _hold()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _let_go()


def _hold() -> None:
    for library in _libraries():
        threads = library.num_threads
        if threads not in (1, None):
            library.set_num_threads(1)
            if library.num_threads == 1:
                _before.append((library, threads))


def _let_go() -> None:
    "Restore, though it may have been another thread that held: threadpoolctl minds since 3.8."
    while _before:
        library, threads = _before.pop()
        forget = getattr(library, "clear_controlling_thread", lambda force: None)
        forget(force=True)
        library.set_num_threads(threads)
        forget(force=True)
