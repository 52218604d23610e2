"""Archives from elsewhere, unpacked without trusting them."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from entable.errors import BadInput

__all__ = ["unzip"]

_MOST_FILES = 20_000
_MOST_BYTES = 8 << 30


def unzip(archive: Path, target: Path, most_bytes: int = _MOST_BYTES) -> Path:
    """Unpack a zip into a new folder and return it.

    Raises BadInput for a damaged archive, for names that lead out of the folder, for links, and
    for more files or bytes than any data set has.
    """
    target.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            members = packed.infolist()
            _check(archive, members, most_bytes)
            for member in members:
                _unpack(packed, member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"{archive.name} is no sound zip archive: {error}") from None
    return target


def _check(archive: Path, members: list[zipfile.ZipInfo], most_bytes: int) -> None:
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise BadInput(
                f"{archive.name} holds {member.filename!r}, which leads out of its folder; refused"
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadInput(f"{archive.name} holds the link {member.filename!r}; refused")
    total = sum(member.file_size for member in members)
    if len(members) > _MOST_FILES or total > most_bytes:
        raise BadInput(
            f"{archive.name} would unpack to {len(members):,} files of {total:,} bytes; refused"
        )


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    "zipfile never yields more than the size announced, which was checked."
    path = target / member.filename.replace("\\", "/")
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, path.open("wb") as file:
        shutil.copyfileobj(source, file)
