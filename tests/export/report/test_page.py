"One file that needs nothing else, in which every name is text."

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from .conftest import EVIL


class Reader(HTMLParser):
    "Elements with their attributes, text outside scripts and styles, and the texts of both."

    def __init__(self, page):
        super().__init__()
        self.elements, self.words, self.within, self.raw = [], [], [], {"script": [], "style": []}
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.within.append(tag)

    def handle_endtag(self, tag):
        if tag in self.within:
            del self.within[len(self.within) - 1 - self.within[::-1].index(tag) :]

    def handle_data(self, data):
        if self.within and self.within[-1] in self.raw:
            self.raw[self.within[-1]].append(data)
        else:
            self.words.append(data)


@pytest.fixture(scope="module")
def read(page):
    return Reader(page)


def test_no_name_becomes_an_element(read):
    tags = [tag for tag, _ in read.elements]
    assert tags.count("script") == 2
    assert not {"img", "iframe", "object", "b", "i"} & set(tags)
    for tag, held in read.elements:
        assert not any(name.startswith("on") or name == "style" for name in held), tag


def test_names_are_there_as_text(read):
    for name in ("<script>alert(1)</script>", "{{ 7 * 7 }} {% raw %}", "Grave of the Fireflies"):
        assert name in read.text
    assert "x" * 300 not in read.text


def test_names_are_there_for_the_map(read):
    data = json.loads(read.raw["script"][0])
    assert EVIL[0] in data["names"]
    assert EVIL[1] in data["names"]
    assert EVIL[6] in data["names"]
    assert "x" * 59 + "…" in data["names"]


def test_the_page_allows_itself_its_own_style_and_script_alone(read):
    policy = next(held["content"] for tag, held in read.elements if "http-equiv" in held)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for kind, text in (("style", read.raw["style"][0]), ("script", read.raw["script"][1])):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"


def test_nothing_is_asked_of_the_network(page, read):
    for _, held in read.elements:
        for name in ("src", "href", "xlink:href", "action", "poster", "data"):
            assert held.get(name, "#")[0] == "#" or held[name] == "data:,"
    text = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in page


def test_ids_are_unique_and_links_lead_somewhere(read):
    ids = [held["id"] for _, held in read.elements if "id" in held]
    assert len(ids) == len(set(ids))
    for tag, held in read.elements:
        if tag == "a":
            assert held["href"][1:] in ids


def test_pictures_tables_and_fields_have_names(read):
    for tag, held in read.elements:
        if tag == "svg":
            assert held["role"] == "img"
            assert held["aria-label"]
        if held.get("role") == "region":
            assert held["aria-label"]
    assert next(held["lang"] for tag, held in read.elements if tag == "html") == "en"


def test_title_and_facts_are_escaped_too(page, read):
    assert "<title>The &lt;model&gt; &amp; its &#34;name&#34;</title>" in page
    assert "Judged by <b>held-out</b> ratings." in read.text
