"A set is fetched whole or not at all; tested against a server on loopback."

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from entable.data import fetch as module
from entable.data.fetch import SETS, FetchError, cache_folder, fetch, tables
from entable.data.ratings import Ratings
from entable.errors import BadInput, EntableError

pytestmark = pytest.mark.server


def archive(**files):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return raw.getvalue()


GOOD = archive(**{"ml-100k__u_dot_data": "1\t2\t3\t4\n", "ml-100k__u_dot_item": "2|Heat\n"})


class Publisher:
    "What the server has, and what it was asked for."

    def __init__(self):
        self.files = {}
        self.asked = []
        self.cut = {}
        self.url = ""

    def offer(self, raw, name="ml-100k.zip", md5=True):
        self.files[f"/{name}"] = raw
        if md5:
            sum_ = hashlib.md5(raw).hexdigest()
            self.files[f"/{name}.md5"] = f"MD5 ({name}) = {sum_}\n".encode()


def handler(publisher):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            publisher.asked.append(self.path)
            raw = publisher.files.get(self.path)
            if raw is None or isinstance(raw, int):
                self.send_error(raw or 404)
                return
            self.send_response(200)
            if publisher.cut.get(self.path) != "unsized":
                self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw[: publisher.cut.get(self.path)] if self.sized else raw)

        @property
        def sized(self):
            return isinstance(publisher.cut.get(self.path), int)

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    one = Publisher()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(one))
    one.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(publisher, cache, name="ml-100k"):
    with pytest.raises(EntableError) as error:
        fetch(name, cache, publisher.url)
    assert list(Path(cache).rglob("*")) == [], "nothing that could look whole is left"
    return str(error.value)


def test_a_set_is_fetched_once_and_kept(publisher, tmp_path):
    publisher.offer(GOOD)
    heard = []
    folder = fetch("ml-100k", tmp_path, publisher.url + "/", lambda *told: heard.append(told))
    assert folder == tmp_path / "ml-100k"
    assert {path.name for path in folder.iterdir()} == {"u.data", "u.item"}
    assert list(tmp_path.iterdir()) == [folder]
    assert heard[-1] == (len(GOOD), len(GOOD), "ml-100k.zip")
    assert publisher.asked == ["/ml-100k.zip", "/ml-100k.zip.md5"]
    assert fetch("ml-100k", tmp_path, publisher.url) == folder
    assert len(publisher.asked) == 2, "the second call asks nobody"
    assert fetch("ml-100k", tmp_path, "http://127.0.0.1:1") == folder


def test_what_was_fetched_can_be_read(publisher, tmp_path):
    publisher.offer(GOOD)
    found = tables(fetch("ml-100k", tmp_path, publisher.url))
    assert set(found) == {"ratings", "names"}
    ratings = Ratings.read(found["ratings"], names=found["names"])
    assert ratings.item_labels.tolist() == ["Heat"]


def test_an_archive_without_a_folder_of_its_own(publisher, tmp_path):
    publisher.offer(archive(ratings_dot_csv="x", movies_dot_csv="y"), "ml-latest.zip")
    folder = fetch("ml-latest", tmp_path, publisher.url)
    assert {path.name for path in folder.iterdir()} == {"ratings.csv", "movies.csv"}


def test_no_checksum_published_is_no_error(publisher, tmp_path):
    publisher.offer(GOOD, md5=False)
    assert fetch("ml-100k", tmp_path, publisher.url).is_dir()


def test_a_server_that_does_not_say_the_size(publisher, tmp_path):
    publisher.offer(GOOD)
    publisher.cut["/ml-100k.zip"] = "unsized"
    heard = []
    fetch("ml-100k", tmp_path, publisher.url, lambda *told: heard.append(told))
    assert heard[-1] == (len(GOOD), 0, "ml-100k.zip")


def test_a_wrong_checksum_is_refused(publisher, tmp_path):
    publisher.offer(GOOD)
    publisher.files["/ml-100k.zip.md5"] = b"0" * 32 + b"  ml-100k.zip"
    found = hashlib.md5(GOOD).hexdigest()
    assert refusal(publisher, tmp_path) == (
        f"{publisher.url}/ml-100k.zip came damaged: its checksum is {found}, the publisher's is "
        f"{'0' * 32}; nothing was kept, try again"
    )


def test_a_checksum_file_without_checksum_is_refused(publisher, tmp_path):
    publisher.offer(GOOD)
    publisher.files["/ml-100k.zip.md5"] = b"<html>soon</html>"
    assert "holds no checksum" in refusal(publisher, tmp_path)
    publisher.files["/ml-100k.zip.md5"] = 500
    assert "the publisher answers 500 Internal Server Error" in refusal(publisher, tmp_path)


def test_a_set_that_is_not_there_is_said(publisher, tmp_path):
    assert refusal(publisher, tmp_path) == (
        f"{publisher.url}/ml-100k.zip: the publisher answers 404 Not Found"
    )


@pytest.mark.parametrize("size", [0, 100])
def test_a_connection_that_breaks_leaves_nothing(publisher, tmp_path, size):
    publisher.offer(GOOD)
    publisher.cut["/ml-100k.zip"] = size
    assert "the connection broke" in refusal(publisher, tmp_path)
    publisher.cut.clear()
    assert fetch("ml-100k", tmp_path, publisher.url).is_dir(), "and can be tried again"


def test_an_archive_that_leads_out_is_refused(publisher, tmp_path):
    publisher.offer(archive(**{"..__evil_dot_txt": "x"}))
    assert "holds '../evil.txt', which leads out of its folder" in refusal(
        publisher, tmp_path / "cache"
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["cache"]


def test_what_is_no_archive_is_refused(publisher, tmp_path):
    publisher.offer(b"<html>sorry</html>")
    assert refusal(publisher, tmp_path).startswith("ml-100k.zip is no sound zip archive")


def test_a_set_larger_than_any_is_refused(publisher, tmp_path, monkeypatch):
    publisher.offer(GOOD)
    monkeypatch.setattr(module, "_LARGEST", 100)
    assert "that is no such set" in refusal(publisher, tmp_path)


def test_no_network_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(FetchError, match=r"cannot be reached \(.*\); is there a network\?"):
        fetch("ml-100k", tmp_path, "http://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(publisher, tmp_path):
    publisher.offer(GOOD)

    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("ml-100k", tmp_path, publisher.url, interrupted)
    assert list(tmp_path.iterdir()) == []


def test_another_process_that_was_quicker_wins(publisher, tmp_path):
    publisher.offer(GOOD)

    def meanwhile(*_):
        (tmp_path / "ml-100k").mkdir()
        (tmp_path / "ml-100k" / "theirs").touch()

    folder = fetch("ml-100k", tmp_path, publisher.url, meanwhile)
    assert [path.name for path in folder.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [folder]


def test_unknown_sets_and_addresses_are_refused(tmp_path):
    with pytest.raises(BadInput, match=f"no set 'ml-2'; the sets are {', '.join(SETS)}$"):
        fetch("ml-2", tmp_path)
    with pytest.raises(BadInput, match="is no address of the web"):
        fetch("ml-100k", tmp_path, "file:///etc")


def test_a_cache_that_cannot_be_written_is_said(publisher, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="ENTABLE_CACHE names another"):
        fetch("ml-100k", tmp_path / "file" / "below", publisher.url)


def test_where_sets_are_kept(monkeypatch, tmp_path):
    for name in ("ENTABLE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache_folder() == Path.home() / ".cache" / "entable"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "entable"
    monkeypatch.setenv("ENTABLE_CACHE", str(tmp_path / "x"))
    assert cache_folder() == tmp_path / "x"


def test_the_cache_of_the_environment_is_used(publisher, tmp_path, monkeypatch):
    monkeypatch.setenv("ENTABLE_CACHE", str(tmp_path / "x"))
    publisher.offer(GOOD)
    assert fetch("ml-100k", base_url=publisher.url) == tmp_path / "x" / "ml-100k"
