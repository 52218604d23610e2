"""The page itself: sections into one file that needs nothing else."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from entable._extras import need
from entable.export.report import palette
from entable.export.report.blocks import Section
from entable.export.report.texts import clean

__all__ = ["render"]


def render(title: str, lead: str, sections: list[Section], css: str, version: str) -> str:
    """One HTML page of these sections; `css` are the rules of its pictures.

    All text is escaped. The page forbids itself the network, and any style or script but its own.
    Raises MissingExtra without Jinja.
    """
    style = "\n".join((palette.css(), _part("page.css"), css))
    script = "\n".join((_part("page.js"), _part("map.js")))
    environment = need("jinja2").Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=need("jinja2").StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.globals["zip"] = zip
    safe = need("markupsafe").Markup
    page: str = environment.from_string(_part("page.html.j2")).render(
        title=title,
        lead=lead,
        sections=sections,
        style=safe(style),
        script=safe(script),
        hashes={"style": _hash(style), "script": _hash(script)},
        version=version,
    )
    return page


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    "What a content security policy calls this text."
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
