"""Which media type an answer has."""

from kit.errors import NotAcceptableError

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"


def negotiate(accept: str | None, offered: tuple[str, ...] = (JSON, GRAPHQL)) -> str:
    """The offered type that `accept` prefers; ties go to the one named first there, then to the offer's order.

    Raises NotAcceptableError when none is accepted.
    """
    ranges = [_parsed(part) for part in (accept or "*/*").split(",")]
    best = max(offered, key=lambda each: _quality(each, ranges))
    if _quality(best, ranges)[0] <= 0:
        raise NotAcceptableError(f"This path answers {', '.join(offered)}.")
    return best


def _parsed(part: str) -> tuple[str, float]:
    name, *parameters = (each.strip().lower() for each in part.split(";"))
    weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0


def _quality(offered: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """Weight of the most specific range that matches, and how early it stands."""
    for wanted in (offered, offered.partition("/")[0] + "/*", "*/*"):
        for position, (name, weight) in enumerate(ranges):
            if name == wanted:
                return weight, -position
    return 0.0, 0
