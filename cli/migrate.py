"""`migrate`: the databases that the services' settings name, to the newest schema."""

import asyncio
import os

from cli import databases
from cli.errors import CommandError
from cli.stack import DATABASE_VARIABLES


def migrate(database: str) -> int:
    names = list(DATABASE_VARIABLES) if database == "all" else [database]
    urls = databases.given(os.environ)
    unset = [DATABASE_VARIABLES[name] for name in names if name not in urls]
    if unset:
        raise CommandError(f"set {' and '.join(unset)}", status=2)
    asyncio.run(databases.migrate({name: urls[name] for name in names}))
    return 0
