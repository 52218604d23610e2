"""Ctrl-C: the fit ends after its pass with the best model so far."""

import os
import signal
import threading

import numpy as np
import pytest

from entable._stopping import stoppable
from entable.factorize import SOLVERS, factorize
from entable.testing import planted


@pytest.mark.parametrize("solver", SOLVERS)
def test_an_interrupted_fit_returns_the_model_so_far(solver):
    ratings, _ = planted()

    def interrupt(done, total, text):
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    model = factorize(ratings, solver, 4, progress=interrupt)
    assert model.metrics["stopped"] == "interrupted"
    assert len(model.trace) == 3
    assert np.isfinite(model.predict(["user 1"], [3])).all()


def test_a_second_interrupt_stops_at_once():
    def interrupt(done, total, text):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        factorize(planted()[0], "sgd", 4, progress=interrupt)
    assert threading.active_count() == 1


def test_what_ctrl_c_did_before_it_does_again():
    before = signal.getsignal(signal.SIGINT)
    with stoppable() as stop:
        assert signal.getsignal(signal.SIGINT) == stop.ask
    assert signal.getsignal(signal.SIGINT) == before


def test_other_threads_fit_without_a_handler():
    before, found = signal.getsignal(signal.SIGINT), []
    thread = threading.Thread(target=lambda: found.append(factorize(planted()[0], "sgd", 4)))
    thread.start()
    thread.join()
    assert len(found) == 1
    assert signal.getsignal(signal.SIGINT) == before
