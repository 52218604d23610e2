"Where a command writes: checked before the long work, and nothing half-written is left."

import tempfile
from pathlib import Path

from entable.errors import BadInput


def check(path: Path, force: bool) -> None:
    """See that `path` can be written, before the work that it is to hold.

    Raises BadInput if it exists and may not be replaced, or cannot be written.
    """
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise BadInput(f"{path} exists; --force replaces it, or name another file with -o")
    _try(path)


def _try(path: Path) -> None:
    "Make a file beside `path` and remove it again."
    folder = path.parent
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "is no folder"
        raise BadInput(f"{path} cannot be written: {folder} {what}; make it first or name another")
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"entable")
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}; name a file in another folder"
        ) from None
