"""The two databases: those that the settings name, and the embedded server's in place of those that they do not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CommandError
from cli.logs import end_of
from cli.stack import DATABASE_VARIABLES
from cli.terminal import say
from kit import migrations
from kit.embedded import EmbeddedPostgres, EmbeddedPostgresError
from kit.embedded_programs import serves

_FORM = "postgresql+asyncpg://"


@dataclass(frozen=True, slots=True)
class Databases:
    """`urls` by name. `server` is the embedded one, where it was needed."""

    urls: Mapping[str, str]
    server: EmbeddedPostgres | None = None

    async def lost(self) -> None:
        """Raises CommandError when the embedded server ends; otherwise goes on for ever."""
        # No event tells: the process is not one that asyncio started.
        while self.server is None or serves(self.server.pid, str(self.server.folder / "data")):  # noqa: ASYNC110
            await asyncio.sleep(1)
        raise CommandError(f"PostgreSQL ended. {end_of(self.server.folder / 'log')}")


@asynccontextmanager
async def opened(folder: Path, urls: Mapping[str, str], tell: Callable[[str], None] = say) -> AsyncIterator[Databases]:
    """The embedded server runs in `folder` meanwhile, when one of the two is not in `urls`."""
    missing = [name for name in DATABASE_VARIABLES if name not in urls]
    if not missing:
        yield Databases(urls)
        return
    tell(f"Starting PostgreSQL (data in {folder})")
    try:
        with EmbeddedPostgres(folder) as server:
            own = {name: await server.create_database(name) for name in missing}
            try:
                yield Databases({**urls, **own}, server)
            finally:
                tell("Stopping PostgreSQL")
    except EmbeddedPostgresError as error:
        raise CommandError(str(error)) from None


def given(environment: Mapping[str, str]) -> dict[str, str]:
    """URL by name, of those that are set."""
    urls = {name: environment[variable] for name, variable in DATABASE_VARIABLES.items() if variable in environment}
    for name, url in urls.items():
        if not url.startswith(_FORM):
            raise CommandError(f"{DATABASE_VARIABLES[name]} does not start with {_FORM}", status=2)
    return urls


def of_a_run(told: Mapping[str, str]) -> dict[str, str]:
    """URL by name, of what a run that is up tells."""
    return {name: told[f"{name.upper()}_DATABASE_URL"] for name in DATABASE_VARIABLES}


async def migrate(urls: Mapping[str, str]) -> None:
    for name, url in urls.items():
        with told_plainly(f"cannot migrate the database {name}"):
            await migrations.upgrade(name, url)


@contextmanager
def told_plainly(what: str) -> Iterator[None]:
    """For whatever drivers and libraries raise when a server is away, a password wrong or a table locked."""
    try:
        yield
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise CommandError(f"{what}: {reason or type(error).__name__}") from error
