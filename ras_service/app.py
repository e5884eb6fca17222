"""RAS as an application: the list of its routes, and what it opens once."""

from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from kit.background import every
from kit.db import Database
from kit.service import service_app
from kit.updates import Updates
from ras_service import api
from ras_service.contract import UpdateType
from ras_service.ingestion import handlers
from ras_service.pending import expire
from ras_service.settings import RasSettings

EXPIRY_SECONDS = 600


def create_app(settings: RasSettings, database: Database | None = None) -> Starlette:
    """`database` replaces the one of the settings, and is its giver's to close."""

    def upkeep(opened: Database) -> list[Coroutine[Any, Any, None]]:
        age = timedelta(days=settings.pending_event_retention_days)
        return [every(EXPIRY_SECONDS, "expiry of pending events", partial(expire, opened, age))]

    return service_app(
        settings,
        database,
        title="Result Aggregator Service",
        migrations="ras",
        handlers=handlers(),
        beside=upkeep,
        subscribers={},
        updates=Updates(newest_by={UpdateType.BATCH_STATUS_UPDATED: "batch_id"}),
        internal=[
            Route("/batches/user/{user_id}", api.list_batches),
            Route("/batches/lookup", api.lookup_batches, methods=["POST"]),
            Route("/batches/essays", api.essays_of_batches, methods=["POST"]),
            Route("/essays/lookup", api.lookup_essays, methods=["POST"]),
            Route("/batches/{batch_id}/status", api.batch_status),
        ],
    )
