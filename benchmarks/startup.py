"""How long a person waits before anything happens: `import entable` and `entable --help`.

Prints the median of fresh processes beside a Python that does nothing; the goals are 20 ms above
that for the import and 150 ms in all for the help page.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 21
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import entable": [sys.executable, "-c", "import entable"],
    "entable --help": [str(Path(sys.executable).with_name("entable")), "--help"],
}


def milliseconds(command: list[str]) -> float:
    "Wall time of one fresh process."
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    "Run the commands in turn, so that a busy moment touches them all, and print the medians."
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            times[name].append(milliseconds(command))
    median = {name: statistics.median(values) for name, values in times.items()}
    bare = median["python -c pass"]
    print(f"import entable: {median['import entable'] - bare:.1f} ms above Python's own {bare:.1f}")
    print(f"entable --help: {median['entable --help']:.1f} ms in all")


if __name__ == "__main__":
    main()
