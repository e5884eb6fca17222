"""Stored keys for sorting and prefix search: the embedded server has no ICU, so they are compared byte by byte.

A key is made letter by letter, so the key of a text's beginning is the beginning of the text's key.
"""

import re
import unicodedata
from typing import Literal

# å, ä and ö sort after z in this order, which is not their order in Unicode; æ and ø stand for ä and ö.
_MARKED = {"a\u030a": "å", "a\u0308": "æ", "o\u0308": "ø", "o\u030b": "ø", "u\u0308": "y", "u\u030b": "y"}
_MARKED_LETTER = re.compile("|".join(_MARKED))
_OTHER_MARKS = re.compile("[\u0300-\u036f]")
# Letters that Unicode does not decompose, Sami and Azerbaijani ones among them.
_WHOLE = str.maketrans({"œ": "ø", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ŋ": "n", "ŧ": "t", "ħ": "h", "ı": "i"})
_WHOLE |= str.maketrans({"ə": "e", "’": "'", "ʼ": "'"})
_GAPS = re.compile(r"[\s\-‐‑‒–—−]+")


def sort_key(text: str) -> str:
    """For names, in Swedish order. Case, accents, hyphen or space, and how the text is composed make no difference."""
    letters = _caseless(text, "NFKD")
    letters = _MARKED_LETTER.sub(lambda match: _MARKED[match[0]], letters)
    return _GAPS.sub(" ", _OTHER_MARKS.sub("", letters).translate(_WHOLE))


def email_key(email: str) -> str:
    """Equal for addresses that differ in case alone: unlike `sort_key` it may not make two addresses one."""
    return _caseless(email, "NFD")


def _caseless(text: str, form: Literal["NFD", "NFKD"]) -> str:
    return unicodedata.normalize(form, unicodedata.normalize(form, text).casefold())
