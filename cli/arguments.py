"""What `teacher-graph` takes. Nothing heavy is imported here: `--help` and a wrong call are answered at once."""

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence

from cli.events_arguments import add_arguments as events
from kit.ids import is_user_id


def parse(argv: Sequence[str] | None) -> Namespace:
    """Leaves the process with status 2 when the call is wrong."""
    parser = ArgumentParser(prog="teacher-graph", description="The teacher graph: its services and its tools.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("run", help="start the whole system on this machine, for development")
    _serve(commands.add_parser("serve", help="start one service, configured by its environment"))
    _migrate(commands.add_parser("migrate", help="bring a service's database to the newest schema"))
    _seed(commands.add_parser("seed", help="add a large made school to the databases"))
    _token(commands.add_parser("token", help="mint a development token"))
    events(commands.add_parser("events", help="look after events that wait, are stuck or are dead"))
    _schema(commands.add_parser("schema", help="print the graph's schema"))
    return parser.parse_args(argv)


def _serve(parser: ArgumentParser) -> None:
    parser.add_argument("service", choices=["cms", "ras", "gateway"])
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input ends, as it does when its writer dies"
    )


def _migrate(parser: ArgumentParser) -> None:
    parser.add_argument("database", choices=["cms", "ras", "all"])


def _seed(parser: ArgumentParser) -> None:
    parser.add_argument("--teachers", type=_positive, required=True, metavar="N")
    parser.add_argument("--batches", type=_positive, required=True, metavar="M", help="batches of each teacher")
    parser.add_argument("--essays", type=_positive, required=True, metavar="K", help="essays of each batch")


def _token(parser: ArgumentParser) -> None:
    parser.add_argument("--teacher", type=_user_id, required=True, metavar="ID")
    parser.add_argument("--hours", type=_hours, default=12.0, metavar="H", help="how long it is valid (default: 12)")


def _schema(parser: ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="compare it with ./schema.graphql instead")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _hours(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 24 * 365:
        raise ArgumentTypeError(f"{text!r} is not a number above 0 and up to {24 * 365}, a year")
    return value


def _user_id(text: str) -> str:
    if not is_user_id(text):
        raise ArgumentTypeError(f"{text!r} is not a user id: 1 to 128 of A-Z a-z 0-9 _ . : | @ -")
    return text
