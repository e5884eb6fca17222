"""The gateway and its peers, side by side over the same stubs."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from benchmarks import agreement
from benchmarks.comparison import Comparison
from benchmarks.generator import Generator
from benchmarks.options import Options
from benchmarks.stubbed import node
from benchmarks.stubbed.callers import Callers
from benchmarks.stubbed.stage import Running, Stage
from benchmarks.targets import BFF_ROW, GRAPH_ROW, Target, bff_page, bff_request, graph_page, graph_request

PYTHON = ("floor", "bff", "plain")
BESIDE = ("upstreams", "load")
_AGREEING_TEACHERS = 3
_WARMING_SECONDS = 2.0
"""What is compiled while it runs takes longer to come up to speed."""


@contextmanager
def compared(
    stage: Stage, callers: Callers, load: Generator, options: Options, say: Callable[[str], None]
) -> Iterator[Comparison]:
    """Up, agreeing and warm. Raises BenchmarkError when they are not."""
    with ExitStack() as stack:
        upstreams = stack.enter_context(stage.upstreams())
        peers = [stack.enter_context(stage.peer(name, upstreams)) for name in (*PYTHON, *node.found(say))]
        gateway = stack.enter_context(stage.gateway(upstreams, {}))
        pids = {"upstreams": upstreams.pid, "load": load.process.pid}
        comparison = Comparison(
            options,
            [target(gateway, callers.of_gateway), *(target(each, callers.of_peers) for each in peers)],
            callers.teachers,
            pids | {each.name: each.pid for each in (gateway, *peers)},
            load,
            BESIDE,
            _WARMING_SECONDS,
        )
        say("Comparing their answers, then warming up")
        asked = callers.teachers[:: len(callers.teachers) // _AGREEING_TEACHERS]
        asyncio.run(agreement.check(comparison.targets, asked))
        graphs = [each for each in comparison.targets if each.page is graph_page]
        asyncio.run(agreement.check_whole(graphs, asked))
        comparison.warm_up()
        yield comparison


def target(running: Running, tokens: Mapping[str, str]) -> Target:
    """Asked by teacher. `tokens` by teacher, too."""
    if running.name == "bff":
        return Target("bff", running.port, lambda teacher, rows: bff_request(tokens[teacher], rows), bff_page, BFF_ROW)
    return Target(
        running.name, running.port, lambda teacher, rows: graph_request(tokens[teacher], rows), graph_page, GRAPH_ROW
    )
