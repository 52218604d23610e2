"A bar on stderr while something takes its time, if a person is there to see it."

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from entable.cli.say import to_terminal

Report = Callable[..., None]  # report(done, total, text="")


@contextmanager
def bar(title: str, quiet: bool = False, first: str = "") -> Iterator[Report | None]:
    "A function to report progress to, or None where nobody looks; `first` stands until a report."
    if quiet or not to_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, text=first)

        def report(done: float, total: float | None = None, text: str = "") -> None:
            progress.update(task, completed=done, total=total or None, text=text)

        yield report
