"""`run`: the whole system on this machine, for development, until Ctrl-C."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack

from cli import databases
from cli.announcement import announcement, env
from cli.contents import fill
from cli.environment import development
from cli.errors import CommandError
from cli.ports import require_free
from cli.processes import ServiceProcess, any_ended, first, started
from cli.readiness import all_ready
from cli.run_folder import RunFolder
from cli.school import FIRST_TEACHER
from cli.signals import Signals
from cli.simulate import simulated
from cli.stack import Stack, address
from cli.terminal import complain, say
from gateway.http.tokens import development_token

# How long the services of a run that was killed may keep their ports.
_LEFT_BEHIND_SECONDS = 10


def run(*, still: bool) -> int:
    """`still`: nothing is handed in or processed by itself."""
    folder = RunFolder()
    with folder.claimed() as left_behind:
        added = {"GATEWAY_GRAPHIQL_TEACHER": FIRST_TEACHER, **folder.ensure_secrets()}
        stack = Stack.plan(development(os.environ, added))
        require_free(stack.services.values(), patience=_LEFT_BEHIND_SECONDS if left_behind else 0)
        return asyncio.run(_supervise(stack, folder, still=still))


async def _supervise(stack: Stack, folder: RunFolder, *, still: bool) -> int:
    signals = Signals()
    status = 0
    async with AsyncExitStack() as opened:
        try:
            await first(signals.stop.wait(), _keep_up(stack, folder, opened, signals, still=still))
        except CommandError as error:
            complain(str(error))
            status = error.status
        finally:
            # From here on everything is being closed, and a signal can only ask to hurry.
            signals.stop.set()
    return status


async def _keep_up(stack: Stack, folder: RunFolder, opened: AsyncExitStack, signals: Signals, *, still: bool) -> None:
    """Raises CommandError when something does not start, or ends."""
    database = await opened.enter_async_context(databases.opened(folder.postgres, databases.given(stack.environment)))
    await fill(database.urls)
    services = await _start(stack, folder, database.urls, opened, signals)
    await first(all_ready(services), any_ended(services), database.lost())
    teacher = stack.gateway.graphiql_teacher or FIRST_TEACHER
    told = env(stack, services, database.urls, development_token(stack.gateway, teacher))
    folder.write_env(told)
    moving = [] if still else [simulated(told, teacher, folder.logs / "simulator.log")]
    if moving:
        say(f"Simulating the pipeline: now and then a batch is handed in (log in {folder.logs}; --still turns it off)")
    say(announcement(folder.path, told, teacher))
    await first(any_ended(services), database.lost(), *moving)


async def _start(
    stack: Stack, folder: RunFolder, urls: Mapping[str, str], opened: AsyncExitStack, signals: Signals
) -> list[ServiceProcess]:
    say(f"Starting CMS, RAS and the gateway (logs in {folder.logs})")
    folder.logs.mkdir(exist_ok=True)
    environment = stack.environment_with(urls)
    return [
        await opened.enter_async_context(
            started(name, address(settings), logs=folder.logs, environment=environment, signals=signals)
        )
        for name, settings in stack.services.items()
    ]
