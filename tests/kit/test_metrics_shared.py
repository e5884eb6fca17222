"""Metrics of several processes at one port, and labels that turn out to be many."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families

from kit.metrics import Labelled, Tallies, exposition

WORKER = """
import asyncio
import sys
from kit.metrics import Metrics, exposition


async def main():
    metrics = Metrics([])
    for _ in range(int(sys.argv[1])):
        metrics.begun()
        metrics.begun()
        metrics.answered({"method": "GET"}, 404, 0.2)
    before = bytes(exposition(metrics.registry).body).decode()
    while bytes(exposition(metrics.registry).body).decode() == before:
        await asyncio.sleep(0.05)
    print(bytes(exposition(metrics.registry).body).decode())


asyncio.run(main())
"""


def told(text: str) -> dict[str, float]:
    """Samples without labels but those of a request."""
    families = text_string_to_metric_families(text)
    return {each.name: each.value for family in families for each in family.samples if "le" not in each.labels}


def run(n: int, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-c", WORKER, str(n)]
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    done = subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment, text=True)
    return told(done.stdout)


def test_whichever_process_is_asked_tells_of_all(tmp_path: Path) -> None:
    first, both = run(3, tmp_path), run(2, tmp_path)
    assert (first["http_requests_total"], first["http_requests_in_flight"]) == (3, 3)
    assert (both["http_requests_total"], both["http_request_duration_seconds_count"]) == (5, 5)
    assert both["http_requests_in_flight"] == 5


def test_labels_that_are_too_many_are_counted_as_other() -> None:
    registry = CollectorRegistry()
    counter, made = Counter("met", "x", ["who", "where"], registry=registry), list[tuple[str, ...]]()

    def labels(*values: str) -> Counter:
        made.append(values)
        return counter.labels(*values)

    labelled = Labelled(labels, most=3)
    for n in range(500):
        labelled[str(n % 50), "here"].inc()
    families = text_string_to_metric_families(bytes(exposition(registry).body).decode())
    found = {
        each.labels["who"]: each.value for family in families for each in family.samples if each.name == "met_total"
    }
    assert found == {"0": 10, "1": 10, "2": 10, "other": 470}
    assert [who for who, _ in made] == ["0", "1", "2", "other"]


def test_what_adds_up_by_itself_comes_to_the_same() -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    slow, quick = (Histogram("met", "x", ["a"], registry=each, buckets=(0.1, 1, 5)) for each in registries)
    tallies = Tallies()
    of_slow, of_quick = slow.labels("b"), tallies.labels(quick)("b")
    for amounts in ((0, 0.05, 0.1, 0.1000001), (1, 4.9, 5, 6, 1e9), ()):
        for amount in amounts:
            of_slow.observe(amount)
            of_quick.observe(amount)
        tallies.carry()
        first, second = (bytes(exposition(each).body).decode() for each in registries)
        assert [*told_of(first)] == [*told_of(second)]


def told_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("met_") and "created" not in line]
