"""What an application opens once to trace, where the settings have it so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.types import Lifespan

from kit.settings import Settings
from kit.tracing.export import Collector, Exporter
from kit.tracing.protobuf import resource
from kit.tracing.tracer import Sampler, Tracer, sampler


class Tracing:
    """Of one application. `tracer` is there while it is open."""

    def __init__(self, service: str, environment: str, collector: Collector, sampler: Sampler) -> None:
        self.tracer: Tracer | None = None
        self._service = service
        self._environment = environment
        self._collector = collector
        self._sampler = sampler

    def around(self, lifespan: Lifespan[Starlette]) -> Lifespan[Starlette]:
        """What the application does while it opens and closes is traced, too, and sent."""

        @asynccontextmanager
        async def traced(app: Starlette) -> AsyncIterator[Any]:
            async with self.open(), lifespan(app) as state:
                yield state

        return traced

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """In the process that traces: a thread does not live on in those that are forked from it."""
        told = {
            "service.name": self._service,
            "service.instance.id": str(uuid4()),
            "deployment.environment.name": self._environment,
        }
        exporter = Exporter(self._collector, resource(told))
        exporter.start()
        self.tracer = Tracer(self._sampler, exporter.put)
        try:
            yield
        finally:
            self.tracer = None
            await exporter.stop()


def tracing(settings: Settings, service: str) -> Tracing | None:
    """None where nobody is to be told of traces."""
    endpoint = settings.otlp_endpoint
    if endpoint is None:
        return None
    headers = {name: value.get_secret_value() for name, value in settings.otlp_headers.items()}
    collector = Collector(f"{endpoint.rstrip('/')}/v1/traces", headers)
    chosen = sampler(settings.traces_sampler, settings.traces_sampler_ratio)
    return Tracing(service, settings.environment, collector, chosen)
