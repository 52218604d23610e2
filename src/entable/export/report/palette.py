"""The colours of a page, in light and in dark."""

from entable import _plots as plots

__all__ = ["css"]

_GROUPS_DARK = (
    "#6ea1ff", "#ff9466", "#4cc38a", "#bf8cf0", "#f472b6", "#3cc3de", "#e0b243", "#94a3b8",
)  # fmt: skip
_COLORS = {  # name: light, dark
    "page": ("#f6f8fa", "#0f141a"),
    "card": ("#ffffff", "#171d25"),
    "ink": (plots.INK, "#e4e9ef"),
    "soft": ("#56616f", "#a3afbd"),  # text beside the main text; 4.5 : 1 on page and card
    "muted": (plots.MUTED, "#8a97a6"),
    "pale": (plots.PALE, "#323c48"),
    "middle": ("#c3cbd6", "#66727f"),  # of a scale from accent to warm
    "accent": (plots.ACCENT, "#6ea1fe"),
    "warm": (plots.WARM, "#ff9465"),
    "good": ("#1a7f4b", "#4cc38a"),
    "look": ("#b0480f", "#ffa36b"),
    **{f"group-{at}": both for at, both in enumerate(zip(plots.GROUPS, _GROUPS_DARK, strict=True))},
}


def css() -> str:
    "The custom properties: light, dark where the reader or the system says so, light on paper."
    light, dark = (_rules(mode) for mode in (0, 1))
    return "\n".join(
        (
            f":root {{ color-scheme: light; {light} }}",
            "@media screen and (prefers-color-scheme: dark) {",
            f'  :root:not([data-theme="light"]) {{ color-scheme: dark; {dark} }}',
            "}",
            f'@media screen {{ :root[data-theme="dark"] {{ color-scheme: dark; {dark} }} }}',
        )
    )


def _rules(mode: int) -> str:
    return " ".join(f"--{name}: {both[mode]};" for name, both in _COLORS.items())
