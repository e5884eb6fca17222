"""What `events` takes. Nothing heavy is imported here."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from uuid import UUID

from kit.ids import parse_uuid


class _Intermixed(ArgumentParser):
    """Options may stand before a list that may be empty; argparse takes it for empty then, before Python 3.12.7."""

    _parsing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What argparse has for this calls it again, for the options and then for the rest."""
        if self._parsing:
            return super().parse_known_args(args, namespace)
        self._parsing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._parsing = False


def add_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Intermixed)
    listed = actions.add_parser("list", help="what waits for whom, and what is stuck")
    retried = actions.add_parser("retry", help="try parked events again")
    skipped = actions.add_parser("skip", help="give up parked events, so that what they hold back goes on")
    dead = actions.add_parser("dead", help="events that came in and could not be processed")
    for each in (listed, retried, skipped, dead):
        each.add_argument("database", choices=["cms", "ras"])
    for each in (retried, skipped):
        each.add_argument("--subscriber", metavar="URL", help="for this subscriber alone")
    retried.add_argument("events", nargs="*", type=_event_id, metavar="EVENT_ID", help="none: all that are parked")
    skipped.add_argument("events", nargs="+", type=_event_id, metavar="EVENT_ID")
    dead.add_argument("letters", nargs="*", type=_number, metavar="NUMBER", help="show these as they were received")
    dead.add_argument(
        "--retry",
        nargs="*",
        type=_number,
        metavar="NUMBER",
        help="give these, or without numbers all, to the running service again, and keep what it refuses",
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 2**63):
        raise ArgumentTypeError(f"{text!r} is not the number of a dead letter")
    return int(text)


def _event_id(text: str) -> UUID:
    found = parse_uuid(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a UUID")
    return found
