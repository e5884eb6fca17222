"""What every attack is held to, whatever it is."""

import time
from collections.abc import Awaitable

from tests.attacks.system import Measured, Site

CPU_SECONDS = 0.25
"""Of the gateway's for one attack. It promises 50 ms, on a machine of its own that is not measured meanwhile."""
CPU_PART = 0.1
"""Of the time that an attack goes on, which the ordinary client takes."""
WAITED_SECONDS = 1.0
MEMORY = 64 * 2**20
"""Bytes, at any time."""


async def watched(site: Site, name: str, attack: Awaitable[bytes], cpu_seconds: float = CPU_SECONDS) -> bytes:
    """What the attack was answered, once all else was found to be as it should."""
    served = site.served
    await site.beside.report()
    served.forget_most()
    before, begun, cpu = served.memory(), time.monotonic(), served.cpu()
    raw = await attack
    seen = await site.beside.report()
    spent, took = served.cpu() - cpu, time.monotonic() - begun
    measured = Measured(name, spent - CPU_PART * took, served.memory("VmHWM") - before, seen)
    site.measured.append(measured)
    assert served.process.poll() is None, "it is gone"
    assert not seen.wrong, seen.wrong
    assert measured.cpu < cpu_seconds, measured
    assert measured.memory < MEMORY, measured
    assert seen.waited < WAITED_SECONDS, measured
    complaints = served.complaints()
    assert not complaints, complaints
    return raw


def summary(site: Site) -> str:
    """The worst of each kind."""
    lines = [f"{len(site.measured)} attacks"]
    for what, worst in (
        ("CPU ms", sorted(((each.cpu * 1e3, each.name) for each in site.measured), reverse=True)),
        ("ms waited", sorted(((each.seen.waited * 1e3, each.name) for each in site.measured), reverse=True)),
        ("kB at most", sorted(((each.memory / 1024, each.name) for each in site.measured), reverse=True)),
    ):
        lines += [f"{what}: " + "; ".join(f"{value:.0f} {name}" for value, name in worst[:5])]
    return "\n".join(lines)
