"""A school's day: many pipelines side by side, as they come to RAS."""

from collections.abc import Sequence
from random import Random

from tests.support.pipeline import Event, Pipeline


def day(seed: int, batches: int, *, essays: int = 4, teachers: int = 5) -> list[Event]:
    """Of each batch in a plausible order, with some that come late or twice; of different batches mixed."""
    rng = Random(seed)  # noqa: S311
    runs = [_run(rng, Pipeline(size=essays, user_id=f"teacher-{n % teachers}")) for n in range(batches)]
    mixed = []
    while runs:
        run = rng.choice(runs[:20])
        mixed.append(run.pop(0))
        if not run:
            runs.remove(run)
    return mixed


def _run(rng: Random, pipeline: Pipeline) -> list[Event]:
    essays = range(len(pipeline.essays))
    lost = rng.choice(essays) if rng.random() < 0.3 else None
    kept = [n for n in essays if n != lost]
    failed = [] if lost is None else [lost]
    events = [
        pipeline.registered(),
        *pipeline.slots(),
        pipeline.confirmed(timeout=rng.random() < 0.5),
        pipeline.configured("spellcheck", "cj_assessment"),
        pipeline.started(),
        *(pipeline.spellcheck(n, "processing", 0, at=5) for n in essays),
        *(pipeline.spellcheck(n, "failed" if n == lost else "completed") for n in essays),
        pipeline.outcome("spellcheck", kept, failed),
        pipeline.assessed(*(pipeline.result(n, rank) for rank, n in enumerate(kept, start=1))),
        pipeline.outcome("cj_assessment", kept),
        pipeline.completed("completed_with_failures" if failed else "completed_successfully"),
    ]
    for _ in range(4):
        events.insert(rng.randrange(len(events)), events.pop(rng.randrange(len(events))))
    return events + rng.sample(events, 2)


def in_lists(events: Sequence[Event], size: int) -> list[Sequence[Event]]:
    return [events[start : start + size] for start in range(0, len(events), size)]


def shuffled(seed: int, events: Sequence[Event]) -> list[Event]:
    return Random(seed).sample(events, len(events))  # noqa: S311
