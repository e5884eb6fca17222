"""What `events` takes. Nothing heavy is imported here."""

from argparse import ArgumentParser, ArgumentTypeError
from uuid import UUID

from kit.ids import parse_uuid


def add_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
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
    dead.add_argument("letter", nargs="?", type=int, metavar="NUMBER", help="show this one as it was received")


def _event_id(text: str) -> UUID:
    found = parse_uuid(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a UUID")
    return found
