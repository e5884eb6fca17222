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
    _run(commands.add_parser("run", help="start the whole system on this machine, for development"))
    _serve(commands.add_parser("serve", help="start one service, configured by its environment"))
    _migrate(commands.add_parser("migrate", help="bring a service's database to the newest schema"))
    _seed(commands.add_parser("seed", help="add a large made school to the databases"))
    _simulate(commands.add_parser("simulate", help="play the services outside: hand in batches and process them"))
    _token(commands.add_parser("token", help="mint a development token"))
    events(commands.add_parser("events", help="look after events that wait, are stuck or are dead"))
    commands.add_parser("errors", help="print the errors that a client may be told, as docs/errors.md")
    _plan(commands.add_parser("plan", help="print the most upstream calls that a GraphQL document can make"))
    _schema(commands.add_parser("schema", help="print the graph's schema"))
    return parser.parse_args(argv)


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("--still", action="store_true", help="without a simulated pipeline: nothing moves by itself")


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


def _simulate(parser: ArgumentParser) -> None:
    parser.add_argument("--batches", type=_positive, metavar="N", help="end with so many (default: go on until Ctrl-C)")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="10 is ten times faster (default: 1)")
    parser.add_argument("--teacher", type=_user_id, metavar="ID", help="whose batches (default: the sample's first)")


def _token(parser: ArgumentParser) -> None:
    parser.add_argument("--teacher", type=_user_id, required=True, metavar="ID")
    parser.add_argument("--hours", type=_hours, default=12.0, metavar="H", help="how long it is valid (default: 12)")


def _plan(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the document; - is standard input")
    parser.add_argument("--operation", metavar="NAME", help="one of its operations (default: each of them)")
    parser.add_argument("--variables", metavar="JSON", help="those that are known, as an object")


def _schema(parser: ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="compare it with ./schema.graphql instead")
    parser.add_argument(
        "--changes", action="store_true", help="print what changed; with --check, fail where it may not"
    )
    parser.add_argument("--base", metavar="REF", help="the branch, tag or commit that --changes compares with")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _hours(text: str) -> float:
    value = _number(text)
    if not 0 < value <= 24 * 365:
        raise ArgumentTypeError(f"{text!r} is not a number above 0 and up to {24 * 365}, a year")
    return value


def _speed(text: str) -> float:
    value = _number(text)
    if not 0.001 <= value <= 10_000:
        raise ArgumentTypeError(f"{text!r} is not a number from 0.001 to 10000")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _user_id(text: str) -> str:
    if not is_user_id(text):
        raise ArgumentTypeError(f"{text!r} is not a user id: 1 to 128 of A-Z a-z 0-9 _ . : | @ -")
    return text
