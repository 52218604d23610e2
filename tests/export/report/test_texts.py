"Names cannot reach beyond themselves."

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from entable.export.report.texts import clean, cut


def test_a_name_cannot_turn_its_neighbours_round():
    assert clean("a \u202eb\u2066c") == "a bc"
    assert clean("مرحبا 👩\u200d🚀 हिन्दी") == "مرحبا 👩\u200d🚀 हिन्दी"


def test_control_characters_are_shown_as_lost():
    assert clean("a\x00b\x1b[31m\x9b") == "a\ufffdb\ufffd[31m\ufffd"
    assert clean("tab\tand\nline") == "tab\tand\nline"


def test_a_long_name_is_cut_on_one_line():
    assert cut("a  long\nname", 6) == "a lon…"
    assert cut("short", 6) == "short"


@given(st.text(st.characters()), st.integers(2, 50))
def test_whatever_comes_can_stand_in_a_picture(text, most):
    found = cut(text, most)
    assert len(found) <= most
    node = ElementTree.Element("text")
    node.text = found
    assert (ElementTree.fromstring(ElementTree.tostring(node)).text or "") == found
