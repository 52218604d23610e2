"""Ending a fit early: Ctrl-C asks once, and the work ends after the piece it is in."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stop", "stoppable"]


class Stop:
    "Whether somebody has asked the fit to end; `then` is called when it is asked first."

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.asked, self.then = False, then

    def ask(self, signum: int = 0, frame: FrameType | None = None) -> None:
        "Ask; when asked a second time, interrupt at once."
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self.then()


@contextmanager
def stoppable(then: Callable[[], object] = lambda: None) -> Iterator[Stop]:
    "Within the block Ctrl-C asks the `Stop` it is given; only the main thread can be asked."
    stop = Stop(then)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
