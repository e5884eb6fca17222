"""Pages of lists, as the services are asked for them."""

import pytest

from gateway.windows import Window

ASKED = [
    (Window(20, None), {}, "?limit=20&offset=0&cursors=true"),
    (Window(5, None, 10), {}, "?limit=5&offset=10&cursors=true"),
    (Window(5, "a+b/="), {}, "?limit=5&offset=0&cursors=true&after=a%2Bb%2F%3D"),
    (Window(5, ""), {}, "?limit=5&offset=0&cursors=true&after="),
    (Window(5, None), {"q": ""}, "?limit=5&offset=0&cursors=true&q="),
    (Window(5, "a"), {"q": "å & b"}, "?limit=5&offset=0&cursors=true&after=a&q=%C3%A5+%26+b"),
    (Window(5, None), {"status": ["a", "b"]}, "?limit=5&offset=0&cursors=true&status=a&status=b"),
]


@pytest.mark.parametrize(("asked", "more", "query"), ASKED)
def test_a_query(asked: Window, more: dict[str, object], query: str) -> None:
    for _ in range(2):
        assert asked.query(**more) == query
