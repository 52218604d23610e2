"""Public sets of ratings, fetched from their publisher, checked and kept."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from entable.data.unzip import unzip
from entable.errors import BadInput, EntableError

__all__ = ["SETS", "FetchError", "cache_folder", "fetch", "fetch_file", "tables"]

SETS = {
    "ml-100k": "100,000 ratings of 1,682 films by 943 users (1998), facts on both",
    "ml-1m": "1,000,209 ratings of 3,706 films by 6,040 users (2003), facts on both",
    "ml-10m": "10 million ratings of 10,681 films by 69,878 users (2009)",
    "ml-20m": "20 million ratings of 26,744 films by 138,493 users (2015)",
    "ml-25m": "25 million ratings of 59,047 films by 162,541 users (2019)",
    "ml-32m": "32 million ratings of 84,432 films by 200,948 users (2024)",
    "ml-latest-small": "about 100,000 ratings of 9,000 films by 600 users, changes with time",
    "ml-latest": "the publisher's newest large set, changes with time",
}
_PUBLISHER = "https://files.grouplens.org/datasets/movielens/"
_TABLES = {
    "ratings": ("u.data", "ratings.dat", "ratings.csv"),
    "names": ("u.item", "movies.dat", "movies.csv"),
    "user_facts": ("u.user", "users.dat"),
}
_CHUNK = 1 << 18
_LARGEST = 4 << 30  # bytes; no set published so far comes near it
_PATIENCE = 30  # seconds without an answer


class FetchError(EntableError, OSError):
    "A data set that could not be fetched, or came damaged."


def cache_folder() -> Path:
    "Where fetched sets are kept: ENTABLE_CACHE, else entable in the user's cache folder."
    if given := os.environ.get("ENTABLE_CACHE"):
        return Path(given)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "entable"


def tables(folder: Path) -> dict[str, Path]:
    'The files of a fetched set: "ratings" and, where there are such, "names" and "user_facts".'
    found = {
        what: next((folder / name for name in names if (folder / name).exists()), None)
        for what, names in _TABLES.items()
    }
    return {what: path for what, path in found.items() if path is not None}


def fetch(
    name: str,
    cache: str | Path | None = None,
    base_url: str | None = None,
    progress: Callable[[int, int, str], object] | None = None,
) -> Path:
    """The folder of a public set, fetched from its publisher unless it is there already.

    progress(done, total, text) is called with bytes; total is 0 where the publisher does not say.
    The publisher's checksum is checked where there is one. An interrupted download leaves nothing.
    Raises BadInput for a name that is none of SETS, FetchError for anything that goes wrong.
    """
    if name not in SETS:
        raise BadInput(f"there is no set {name!r}; the sets are {', '.join(SETS)}")
    root = Path(cache) if cache is not None else cache_folder()
    folder = root / name
    if folder.is_dir():
        return folder
    url = (base_url or _PUBLISHER).rstrip("/") + f"/{name}.zip"
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url} is no address of the web; wanted http:// or https://")
    with _workshop(root, name) as work:
        archive = _download(url, work / f"{name}.zip", progress or _silent)
        _verify(archive, url)
        _place(unzip(archive, work / "unpacked"), folder)
    return folder


def fetch_file(
    url: str,
    name: str,
    cache: str | Path | None = None,
    progress: Callable[[int, int, str], object] | None = None,
) -> Path:
    """One file of the web, kept in the cache folder as `name` (which may name folders).

    What is there already is taken as it is; an interrupted download leaves nothing.
    Raises BadInput for what is no address, FetchError for anything that goes wrong.
    """
    root = Path(cache) if cache is not None else cache_folder()
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts:
        raise BadInput(f"the name {name!r} came for a file in the cache; a plain one was wanted")
    target = root / name
    if target.is_file():
        return target
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url} is no address of the web; wanted http:// or https://")
    with _workshop(target.parent, target.name) as work:
        _download(url, work / target.name, progress or _silent).replace(target)
    return target


def _silent(done: int, total: int, text: str) -> None:
    pass


@contextmanager
def _workshop(root: Path, name: str) -> Iterator[Path]:
    "A folder for work beside the place aimed at, gone afterwards whatever happens."
    try:
        root.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
    except OSError as error:
        raise FetchError(
            f"the cache folder {root} cannot be written ({error.strerror}); "
            "ENTABLE_CACHE names another"
        ) from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _place(unpacked: Path, folder: Path) -> None:
    "Move what was unpacked to its place; another process may have been quicker."
    inside = list(unpacked.iterdir())
    source = inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked
    try:
        source.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _download(url: str, target: Path, progress: Callable[[int, int, str], object]) -> Path:
    with _answering(url), _open(url) as answer, target.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(_CHUNK):
            done += len(chunk)
            if max(done, total) > _LARGEST:
                raise FetchError(f"{url} is larger than {_LARGEST >> 30} GB; that is no such set")
            file.write(chunk)
            progress(done, total, target.name)
    if done < total:
        raise FetchError(
            f"{url}: the connection broke after {done:,} of {total:,} bytes; "
            "nothing was kept, try again"
        )
    return target


def _open(url: str) -> HTTPResponse:
    request = Request(url, headers={"User-Agent": "entable"})
    answer: HTTPResponse = urlopen(request, timeout=_PATIENCE)
    return answer


@contextmanager
def _answering(url: str) -> Iterator[None]:
    "Turns what can go wrong on the way into one sentence."
    try:
        yield
    except HTTPError as error:
        error.close()
        raise FetchError(f"{url}: the publisher answers {error.code} {error.reason}") from None
    except URLError as error:
        raise FetchError(
            f"{url} cannot be reached ({error.reason}); is there a network? A set fetched "
            "elsewhere can be read by its path"
        ) from None
    except (TimeoutError, ConnectionError, HTTPException) as error:
        raise FetchError(
            f"{url}: the connection broke ({error or type(error).__name__}); "
            "nothing was kept, try again"
        ) from None


def _verify(archive: Path, url: str) -> None:
    "Compare with the publisher's checksum, where there is one."
    wanted = _checksum(url + ".md5")
    if wanted is None:
        return
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != wanted:
        raise FetchError(
            f"{url} came damaged: its checksum is {found}, the publisher's is {wanted}; "
            "nothing was kept, try again"
        )


def _checksum(url: str) -> str | None:
    try:
        with _answering(url), _open(url) as answer:
            text = answer.read(4096).decode("utf-8", errors="replace")
    except FetchError as error:
        if " 404 " in f"{error} ":
            return None
        raise
    found = re.search(r"\b[0-9a-fA-F]{32}\b", text)
    if found is None:
        raise FetchError(f"{url} holds no checksum; try again later")
    return found.group().lower()
