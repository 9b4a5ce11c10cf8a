from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from flightlog.share.markup import element, join, write_text


class Parsed(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


PRINTABLE = st.text(st.characters(max_codepoint=0xD7FF, categories=("L", "N", "P")))


@given(PRINTABLE, PRINTABLE)
def test_texts_and_attributes_never_become_markup(text: str, value: str) -> None:
    """A parser reads back one element with the same text and the same attribute."""
    parsed = Parsed(element("p", text, title=value))
    assert parsed.tags == [("p", {"title": value})]
    assert parsed.text == text


def test_invisible_characters_are_written_as_escapes() -> None:
    """Controls, bidirectional overrides and lone surrogates are visible; lines and tabs stay."""
    assert write_text("a\u202eb\x00c\ud800\n\td") == "a\\u202eb\\x00c\\ud800\n\td"
    assert write_text("naïve 日本語") == "naïve 日本語"


def test_attributes_are_left_out_or_written_without_a_value() -> None:
    """False and None leave an attribute out, and True writes its name alone."""
    made = element("details", "x", open=True, title=None, hidden=False, class_="a", aria_label="<")
    assert made == '<details open class="a" aria-label="&lt;">x</details>'
    assert element("rect", x=1.5) == '<rect x="1.5">'
    assert join("<", None, [element("b", "&"), "'"]) == "&lt;<b>&amp;</b>&#x27;"
