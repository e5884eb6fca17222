"""HTML from Python, where every text is escaped unless it is HTML already."""

from collections.abc import Iterable
from html import escape
from re import split


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def joined(parts: Iterable[str], between: str = "") -> Html:
    return Html(between.join(_safe(part) for part in parts))


def tag(name: str, *inside: str, **attributes: str) -> Html:
    """`class_` is the attribute class."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{given}>{joined(inside)}</{name}>")


def prose(text: str) -> Html:
    """What stands between backticks is code, and an empty line begins a paragraph."""
    paragraphs = text.strip().split("\n\n")
    return joined(tag("p", _with_code(each)) for each in paragraphs if each)


def inline(text: str) -> Html:
    return _with_code(text.strip())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Html:
    top = tag("tr", *(tag("th", each, scope="col") for each in head))
    body = joined(tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag("div", tag("table", tag("thead", top), tag("tbody", body)), class_="scroll")


def _with_code(text: str) -> Html:
    parts = split(r"`([^`]+)`", text)
    return joined(tag("code", part) if nth % 2 else part for nth, part in enumerate(parts))


def _safe(text: str) -> str:
    return text if isinstance(text, Html) else escape(text)
