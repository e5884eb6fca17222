"""`seed`: a large made school, beside what the databases hold."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack

from cli import databases
from cli.contents import fill
from cli.run_folder import RunFolder
from cli.school import load_made
from cli.stack import DATABASE_VARIABLES
from cli.terminal import say


def seed(*, teachers: int, batches: int, essays: int) -> int:
    asyncio.run(_seed(teachers, batches, essays))
    return 0


async def _seed(teachers: int, batches: int, essays: int) -> None:
    async with AsyncExitStack() as opened:
        urls = await _databases(RunFolder(), opened)
        with databases.told_plainly("cannot load the school"):
            await load_made(urls["cms"], urls["ras"], teachers=teachers, batches=batches, essays=essays, progress=say)


async def _databases(folder: RunFolder, opened: AsyncExitStack) -> Mapping[str, str]:
    """Those that are set; in place of the others those of a run that is up, else our own start of the same server."""
    given = databases.given(os.environ)
    if given.keys() == DATABASE_VARIABLES.keys():
        await databases.migrate(given)
        return given
    told = folder.claimed_or_told(opened)
    if told is not None:
        return {**databases.of_a_run(told), **given}
    urls = (await opened.enter_async_context(databases.opened(folder.postgres, given))).urls
    # The next run finds data, and would load no sample.
    await fill(urls)
    return urls
