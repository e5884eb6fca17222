"""PostgreSQL with the school in it, held by a process of its own until its standard input ends.

Called with the folder that keeps both between runs; writes one line of JSON when they are ready.
"""

import asyncio
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from benchmarks import rows
from benchmarks.processes import end_with_parent
from cli.school import load_made
from kit import migrations
from kit.embedded import EmbeddedPostgres, EmbeddedPostgresError

NAMES = ("cms", "ras")


@dataclass(frozen=True, slots=True)
class School:
    """`batches` of each teacher, `essays` of each batch; in RAS the teachers' batches so many times more."""

    teachers: int = 1000
    batches: int = 100
    essays: int = 20
    copies: int = 9

    @property
    def all_batches(self) -> int:
        """In RAS."""
        return self.teachers * self.batches * (self.copies + 1)


SCHOOL = School()


@dataclass(frozen=True, slots=True)
class Ready:
    """`seeded_seconds` is None when the school was there already."""

    pid: int
    cms_url: str
    ras_url: str
    associations: int
    seeded_seconds: float | None


def main(folder: Path) -> None:
    # Interrupted rather than terminated, so that PostgreSQL is stopped on the way out.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_parent(signal.SIGINT)
    record = folder / "school.json"
    # As durable as with `make run`: waiting for the disk is part of what is measured.
    with suppress(KeyboardInterrupt), EmbeddedPostgres(folder / "postgres") as server:
        there = record.exists() and msgspec.json.decode(record.read_bytes()) == asdict(SCHOOL)
        if not there:
            record.unlink(missing_ok=True)
        ready = asyncio.run(_prepare(server, there=there))
        # Written last, so that a seeding that was interrupted leaves none.
        record.write_bytes(msgspec.json.encode(SCHOOL))
        sys.stdout.buffer.write(msgspec.json.encode(ready) + b"\n")
        sys.stdout.buffer.flush()
        signal.pause()


async def _prepare(server: EmbeddedPostgres, *, there: bool) -> Ready:
    if not there:
        for name in NAMES:
            await server.drop_database(name)
    cms_url, ras_url = [await server.create_database(name) for name in NAMES]
    for name, url in zip(NAMES, (cms_url, ras_url), strict=True):
        await migrations.upgrade(name, url)
    seeded = None if there else await _seed(cms_url, ras_url)
    await rows.renew_teachers(cms_url)
    return Ready(server.pid, cms_url, ras_url, await rows.associations(cms_url), seeded)


async def _seed(cms_url: str, ras_url: str) -> float:
    _say(f"Seeding {SCHOOL.teachers:,} teachers with {SCHOOL.batches} batches of {SCHOOL.essays} essays each")
    begun = time.monotonic()
    await load_made(
        cms_url,
        ras_url,
        teachers=SCHOOL.teachers,
        batches=SCHOOL.batches,
        essays=SCHOOL.essays,
        progress=_say,
    )
    _say(f"Adding batches of further teachers, to {SCHOOL.all_batches:,}")
    await rows.add_batches(ras_url, SCHOOL.copies)
    for url in (cms_url, ras_url):
        await rows.vacuum(url)
    return time.monotonic() - begun


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except EmbeddedPostgresError as error:
        sys.exit(str(error))
