"""Ending a fit early: Ctrl-C asks once, and the work ends after the pass it is in."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    "Whether somebody has asked the fit to end."

    def __init__(self) -> None:
        self.asked = False

    def ask(self, signum: int = 0, frame: FrameType | None = None) -> None:
        "Ask; when asked a second time, interrupt at once."
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def stoppable() -> Iterator[Stop]:
    "Within the block Ctrl-C asks the `Stop` it is given; only the main thread can be asked."
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, stop.ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
