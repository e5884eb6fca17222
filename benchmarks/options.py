"""What `python -m benchmarks` takes."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` of load for each target and page size in each round."""

    rounds: int
    seconds: float
    connections: int
    only: str | None = None

    def wants(self, what: str) -> bool:
        return self.only in {None, what}


def parse(argv: Sequence[str] | None) -> Options:
    """Leaves the process with status 2 when the call is wrong."""
    parser = ArgumentParser(prog="python -m benchmarks", description="What the README tells of speed.")
    parser.add_argument(
        "--rounds",
        type=_count,
        metavar="N",
        help="turns of each target, and of each measurement of a service (default: 3)",
    )
    parser.add_argument("--seconds", type=_seconds, metavar="S", help="load in each turn (default: 4)")
    parser.add_argument(
        "--connections", type=_count, default=16, metavar="C", help="of the gateway's load (default: 16)"
    )
    parser.add_argument("--only", choices=("gateway", "cms", "ras"), help="what is measured (default: all)")
    parser.add_argument("--quick", action="store_true", help="one round of one second: does it run at all")
    given = parser.parse_args(argv)
    rounds, seconds = (1, 1.0) if given.quick else (3, 4.0)
    return Options(given.rounds or rounds, given.seconds or seconds, given.connections, given.only)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 1000):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 600:
        raise ArgumentTypeError(f"{text!r} is not a number from 0.1 to 600")
    return value
