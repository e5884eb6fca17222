"""docs/production.md names every metric of the gateway, as the gateway does."""

from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from gateway.metrics import GatewayMetrics
from kit.metrics import Metrics

PAGE = Path(__file__).parents[2] / "docs" / "production.md"


def rows(registry: CollectorRegistry) -> list[str]:
    metrics: list[Any] = list(registry._collector_to_names)
    return [
        f"| `{each._name}{'_total' if each._type == 'counter' else ''}` | {', '.join(each._labelnames)} "
        f"| {each._documentation} |"
        for each in metrics
    ]


def test_the_table_is_the_metrics() -> None:
    page = PAGE.read_text(encoding="utf-8")
    expected = rows(Metrics([]).registry) + rows(GatewayMetrics().registry)
    shown = [line for line in page.splitlines() if line.startswith(("| `http_", "| `graphql_", "| `upstream_"))]
    shown += [line for line in page.splitlines() if line.startswith(("| `auth_", "| `live_", "| `event_loop"))]
    assert sorted(shown) == sorted(expected)
