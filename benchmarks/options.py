"""What `python -m benchmarks` takes."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass

PARTS = {
    "peers": "the gateway beside its peers, over stub upstreams",
    "gateway": "the gateway alone, over stub upstreams",
    "real": "the gateway over the real CMS and RAS",
    "cms": "CMS",
    "ras": "RAS",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` of load for each target and page size in each round. Nothing in `only` is everything.

    `soak`: minutes of load through which the gateway's memory is watched.
    """

    rounds: int
    seconds: float
    connections: int
    only: Sequence[str] = ()
    soak: int = 0

    def wants(self, *parts: str) -> bool:
        """Any of these."""
        return not self.only or any(each in self.only for each in parts)


def parse(argv: Sequence[str] | None) -> Options:
    """Leaves the process with status 2 when the call is wrong."""
    parser = ArgumentParser(prog="python -m benchmarks", description="What the README tells of speed.")
    parser.add_argument(
        "--rounds",
        type=_count,
        metavar="N",
        help="turns of each target, and of each measurement of a service (default: 3)",
    )
    parser.add_argument("--seconds", type=_seconds, metavar="S", help="load in each turn (default: 3)")
    parser.add_argument(
        "--connections", type=_count, default=16, metavar="C", help="of the gateway's load (default: 16)"
    )
    told = "; ".join(f"{name}: {what}" for name, what in PARTS.items())
    parser.add_argument(
        "--only", choices=PARTS, action="append", default=[], help=f"a part, and may be given again ({told})"
    )
    parser.add_argument(
        "--soak",
        type=_count,
        default=0,
        metavar="MINUTES",
        help="of load while memory is watched (default: none)",
    )
    parser.add_argument("--quick", action="store_true", help="one round of one second: does it run at all")
    given = parser.parse_args(argv)
    rounds, seconds = (1, 1.0) if given.quick else (3, 3.0)
    return Options(given.rounds or rounds, given.seconds or seconds, given.connections, tuple(given.only), given.soak)


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
