"Fixtures that every folder of tests shares."

import os
import signal
import sys
from pathlib import Path
from shutil import which

import pytest

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

os.environ["MPLBACKEND"] = "Agg"  # before anything imports Matplotlib: pictures, no windows
# Two workers share two cores, and the steps of tests are small: threads would wait for each other.
# Also for programs that tests start; what is about threads sets them itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A shell that starts something in the background lets it ignore Ctrl-C, and so would all programs
# that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    "The checkout."
    return ROOT


@pytest.fixture(scope="session")
def real() -> Path:
    "The folder of public data sets; a test that asks for it fails where there is none."
    folder = Path(os.environ.get("ENTABLE_DATA", ROOT.parent / "shared" / "data"))
    assert folder.is_dir(), f"{folder} is no folder; ENTABLE_DATA names another"
    return folder


@pytest.fixture(scope="module")  # its event loop would be in the way of others
def chromium():
    "A headless Chromium: chromium.new_page() and so on; fails where there is none."
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(which, BROWSERS)), None)
    assert path, f"none of {', '.join(BROWSERS)} is on the PATH; apt-get install chromium"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _torch_begins_anew():
    "Whatever the tests before it did: one thread, and random numbers from the same seed."
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
        torch.default_generator.manual_seed(0)


@pytest.fixture(autouse=True)
def _no_figures_left():
    "A figure that a test made is closed after it."
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
