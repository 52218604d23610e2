"`entable data`: from a publisher, here a server on loopback, into a folder."

import hashlib
import http.server
import io
import json
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

import entable
from entable.data.fetch import SETS

PROGRAM = str(Path(sys.executable).with_name("entable"))


@pytest.fixture
def publisher(tmp_path):
    "The address of a server that publishes ml-100k in small."
    folder = tmp_path / "published"
    folder.mkdir()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ml-100k/u.data", "1\t2\t3\t4\n2\t2\t5\t6\n")
        archive.writestr("ml-100k/u.item", "2|Brazil (1985)\n")
    (folder / "ml-100k.zip").write_bytes(packed.getvalue())
    (folder / "ml-100k.zip.md5").write_text(hashlib.md5(packed.getvalue()).hexdigest())

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=folder)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.server
def test_a_set_is_fetched_kept_and_told_where(run, publisher, tmp_path):
    cache = tmp_path / "cache"
    done = run("data", "ml-100k", "--mirror", publisher, "--cache", cache)
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(cache / "ml-100k")
    assert f"entable fit {cache}/ml-100k/u.data --names {cache}/ml-100k/u.item" in done.stderr
    again = run("data", "ml-100k", "--mirror", "http://127.0.0.1:9", "--cache", cache, "--json")
    files = json.loads(again.stdout)["files"]
    assert len(entable.Ratings.read(files["ratings"])) == 2


@pytest.mark.server
def test_a_damaged_set_is_refused_and_not_kept(run, publisher, tmp_path, refused):
    (tmp_path / "published" / "ml-100k.zip.md5").write_text("0" * 32)
    cache = tmp_path / "cache"
    refused(run("data", "ml-100k", "--mirror", publisher, "--cache", cache), "checksum")
    assert not list(cache.iterdir())


@pytest.mark.server
def test_no_network_is_said(run, tmp_path, refused):
    with http.server.HTTPServer(("127.0.0.1", 0), None) as gone:
        address = f"http://127.0.0.1:{gone.server_port}"
    refused(run("data", "ml-1m", "--mirror", address, "--cache", tmp_path), address, "network")


def test_an_unknown_set_is_refused_and_the_known_are_listed(run, refused):
    refused(run("data", "ml-100"), "ml-100k")
    assert json.loads(run("data", "--json").stdout)["sets"] == SETS
    told = run("data").stdout
    assert all(name in told for name in SETS)


@pytest.mark.server
def test_ctrl_c_while_a_set_comes_leaves_nothing(tmp_path):
    asked, enough = threading.Event(), threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            enough.wait(60)

    cache = tmp_path / "cache"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        command = [PROGRAM, "data", "ml-1m", "--cache", str(cache), "--mirror",
                   f"http://127.0.0.1:{server.server_port}"]  # fmt: skip
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert asked.wait(60)
        running.send_signal(signal.SIGINT)
        out, told = running.communicate(timeout=60)
        enough.set()
        server.shutdown()
    assert running.returncode == 130
    assert out == b""
    assert told == b"entable: interrupted; nothing was written\n"
    assert not list(cache.iterdir())
