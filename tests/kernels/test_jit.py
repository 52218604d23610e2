"""The door for compiled code: the cache, folders that cannot be written, threads and forks."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from entable.factorize import factorize
from entable.kernels._atomic import fetch_add
from entable.kernels._jit import Team, barrier, jit
from entable.testing import planted

FIT = """
import sys
from entable.factorize import factorize
from entable.testing import planted
from entable.kernels import sgd, ridge, sparse, noise
from entable.kernels._jit import barrier
for solver in sys.argv[1:] or ("sgd", "als", "bayes"):
    factorize(planted()[0], solver, 4)
kernels = [f for m in (sgd, ridge, sparse, noise) for f in vars(m).values() if hasattr(f, "stats")]
print(sum(sum(k.stats.cache_misses.values()) for k in kernels),
      sum(sum(k.stats.cache_hits.values()) for k in kernels))
"""


def fit_in_a_process(*solvers, **env):
    return subprocess.run(
        [sys.executable, "-c", FIT, *solvers],
        env=os.environ | {k: str(v) for k, v in env.items()},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    "A folder with all that was compiled when every solver ran for the first time."
    folder = tmp_path_factory.mktemp("cache")
    first = fit_in_a_process(NUMBA_CACHE_DIR=folder)
    assert first.returncode == 0, first.stderr
    assert int(first.stdout.split()[0]) > 0
    return folder


def test_the_second_process_compiles_nothing_and_leaves_no_new_file(cache):
    files = {p: p.stat().st_mtime_ns for p in cache.rglob("*")}
    second = fit_in_a_process(NUMBA_CACHE_DIR=cache)
    misses, hits = map(int, second.stdout.split())
    assert misses == 0
    assert hits > 0
    assert {p: p.stat().st_mtime_ns for p in cache.rglob("*")} == files


def test_a_damaged_cache_is_a_reason_to_compile(cache, tmp_path):
    damaged = shutil.copytree(cache, tmp_path / "cache")
    sound = fit_in_a_process("sgd", NUMBA_CACHE_DIR=damaged)
    assert sound.stdout.split()[0] == "0", "a copy of it is as good"
    for n, path in enumerate(sorted(p for p in damaged.rglob("*.nb*"))):
        path.write_bytes(b"" if n % 2 else path.read_bytes()[:-20])
    again = fit_in_a_process("sgd", NUMBA_CACHE_DIR=damaged)
    assert again.returncode == 0, again.stderr
    assert int(again.stdout.split()[0]) > 0


def test_work_goes_on_where_no_cache_can_be_written(tmp_path):
    "A file where the folder should be stops even root."
    (tmp_path / "file").touch()
    blocked = fit_in_a_process("sgd", NUMBA_CACHE_DIR=tmp_path / "file" / "cache")
    assert blocked.returncode == 0, blocked.stderr
    assert blocked.stderr == ""


def test_two_python_threads_fit_at_once_and_find_what_one_finds():
    ratings, _ = planted()
    alone = factorize(ratings, "bayes", 4).users.vectors
    found = {}

    def fit(n):
        found[n] = factorize(ratings, "bayes", 4, threads=2).users.vectors

    threads = [threading.Thread(target=fit, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert all(np.array_equal(vectors, alone) for vectors in found.values())


FORK = """
import os, sys
from entable.factorize import factorize
from entable.testing import planted
ratings = planted()[0]
before = factorize(ratings, "sgd", 4, threads=2).users.vectors
if (child := os.fork()) == 0:
    same = (factorize(ratings, "sgd", 4, threads=2).users.vectors == before).all()
    os._exit(0 if same else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_after_a_fit_can_fit():
    ran = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_no_threading_runtime_of_numba_is_loaded():
    code = (
        f"{FIT}\nimport sys; print([m for m in sys.modules if 'omppool' in m or 'workqueue' in m])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


@jit
def march(worker, gate, steps, log):
    """Every worker writes its number at every step; nobody starts a step before all have ended the
    last.
    """
    for step in range(steps):
        log[step, worker] = fetch_add(gate, 5, 1) // gate[-1] - step
        barrier(gate, gate[-1], gate[-1] * (step + 1))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_barrier_keeps_workers_in_step(threads):
    log = np.full((200, threads), 99)
    with Team(threads) as team:
        team.run(march, 200, log)
    assert not log.any()


def test_a_team_ends_with_its_block_and_tells_what_went_wrong():
    def fails(worker, gate):
        if worker == 1:
            raise RuntimeError("worker one")

    before = threading.active_count()
    with Team(3) as team:
        assert threading.active_count() == before + 2
        with pytest.raises(RuntimeError, match="worker one"):
            team.run(fails)
        team.run_alone(lambda worker, gate: None)
        team.run(lambda worker, gate: None)
    assert threading.active_count() == before


def test_every_kernel_is_at_top_level():
    "A kernel made inside a function would never hit the cache."
    for path in (Path(jit.__code__.co_filename).parent).glob("*.py"):
        for line in path.read_text().splitlines():
            assert not line.startswith((" ", "\t")) or not line.strip().startswith("@jit")
