"""Random operations over a schema, each run by a plan and by graphql-core."""

import asyncio
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from graphql import print_ast
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from tests.gateway.executor import nasty
from tests.gateway.executor.comparing import compared
from tests.gateway.executor.hoisting import hoisted
from tests.gateway.executor.worlds import World

EXAMPLES = int(os.environ.get("EXECUTOR_EXAMPLES", "5000"))
"""Of all files together that draw operations."""
COLLECTED = 50
"""Operations, whose garbage is collected together."""


def drawn(share: float) -> Callable[[Any], Any]:
    """So much of all examples."""
    return settings(
        max_examples=max(1, round(share * EXAMPLES)),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def collecting() -> Iterator[Callable[[], None]]:
    """Garbage, which may come where a warning cannot be told, only here: at each of so many calls, and at the end.

    What was there before is not looked at, as by then it is most of what there is.
    """
    gc.disable()
    gc.freeze()
    calls = count(1)

    def collect() -> None:
        if next(calls) % COLLECTED == 0:
            gc.collect()

    try:
        yield collect
    finally:
        gc.collect()  # what is never awaited says so here
        gc.unfreeze()
        gc.enable()


def check(root: type, late: float, share: float) -> None:
    schema = nasty.schema(root)

    with collecting() as collect:

        @drawn(share)
        @given(queries(str(schema)), st.integers(0, 2**32), st.booleans())
        def same(query: str, seed: int, in_variables: bool) -> None:
            document, variables = hoisted(schema._schema, query)
            asyncio.run(
                compared(
                    schema,
                    print_ast(document) if in_variables else query,
                    lambda: World(seed, late=late).make(root),
                    variables if in_variables else None,
                    in_bulk=root is nasty.Bulked,
                )
            )
            collect()

        same()
