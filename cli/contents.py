"""What the databases of development hold from the start."""

from collections.abc import Mapping

from cli import databases
from cli.school import load_sample
from cli.terminal import say


async def fill(urls: Mapping[str, str]) -> None:
    say("Migrating the databases")
    await databases.migrate(urls)
    say("Loading the sample school, unless there is data")
    with databases.told_plainly("cannot load the sample school"):
        await load_sample(urls["cms"], urls["ras"])
