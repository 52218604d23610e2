"Cores, and BLAS held to one of them."

import os
import threading

from threadpoolctl import threadpool_limits

from entable._cores import _libraries, blas_at_one, cores


def test_cores_are_those_of_this_process():
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_a_limit_that_another_thread_holds_is_left_alone():
    set_one, leave = threading.Event(), threading.Event()

    def hold():
        with threadpool_limits(1, "blas"):
            set_one.set()
            leave.wait()

    other = threading.Thread(target=hold, daemon=True)
    other.start()
    set_one.wait()
    with blas_at_one():
        assert set(threads_of_blas()) == {1}
    assert set(threads_of_blas()) == {1}, "the other thread's limit still holds"
    leave.set()
    other.join()


def threads_of_blas():
    "Those of the libraries that NumPy came with; a test may since have loaded more, for itself."
    return [library.num_threads for library in _libraries()]


def test_blas_has_one_thread_inside_and_as_many_as_before_outside():
    with threadpool_limits(2, "blas"):
        before = threads_of_blas()
        assert set(before) == {2}
        held_twice()
        assert threads_of_blas() == before


def held_twice():
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with blas_at_one():
            inside.set()
            leave.wait()

    other = threading.Thread(target=hold, daemon=True)
    with blas_at_one():
        other.start()
        inside.wait()
        assert set(threads_of_blas()) == {1}
    assert set(threads_of_blas()) == {1}, "another is inside still"
    leave.set()
    other.join()
