"""Whose events it is about: a service's database, and the service itself where it has to do something."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from cli import databases
from cli.environment import load
from cli.errors import CommandError
from cli.run_folder import RunFolder
from cli.stack import DATABASE_VARIABLES, SERVICES, address
from cli.terminal import remark


@dataclass(frozen=True, slots=True)
class Service:
    address: str
    service_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Place:
    """`told` by the run that is up; None where the environment names the database; empty while the run is down."""

    name: str
    url: str
    told: Mapping[str, str] | None

    def service(self) -> Service:
        """Raises CommandError when it is not known where it runs."""
        if self.told is None:
            settings = load(SERVICES[self.name], os.environ)
            return Service(address(settings), settings.service_id, settings.internal_api_key.get_secret_value())
        if not self.told:
            raise CommandError(f"{self.name.upper()} does not run here: `make run` starts it")
        return Service(self.told[f"{self.name.upper()}_URL"], self.told["SERVICE_ID"], self.told["INTERNAL_API_KEY"])


async def place(name: str, opened: AsyncExitStack) -> Place:
    """That which the environment names, else that of a run here, whose server is ours to start when it is down."""
    given, folder = databases.given(os.environ), RunFolder()
    if name in given:
        return Place(name, given[name], None)
    if folder.path.exists():
        told = folder.claimed_or_told(opened)
        if told is not None:
            return Place(name, databases.of_a_run(told)[name], told)
        if folder.postgres.exists():
            kept = await opened.enter_async_context(databases.opened(folder.postgres, given, remark))
            await databases.migrate({name: kept.urls[name]})
            return Place(name, kept.urls[name], {})
    raise CommandError(f"set {DATABASE_VARIABLES[name]}, or `make run` here first", status=2)
