"A file that is there as a whole or not at all."

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    "A path to write to, which becomes `path` if all goes well and is removed if not."
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        draft = Path(file.name)
    try:
        yield draft
        draft.chmod(_usual_mode())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _usual_mode() -> int:
    "The permissions that this process gives to new files."
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
