"""RAS as an application: the list of its routes, and what it opens once."""

from starlette.applications import Starlette
from starlette.routing import Route

from kit.db import Database
from kit.service import service_app
from kit.updates import Updates
from ras_service import api
from ras_service.contract import UpdateType
from ras_service.settings import RasSettings


def create_app(settings: RasSettings, database: Database | None = None) -> Starlette:
    """`database` replaces the one of the settings, and is its giver's to close."""
    return service_app(
        settings,
        database,
        title="Result Aggregator Service",
        migrations="ras",
        handlers={},
        subscribers={},
        updates=Updates(newest_by={UpdateType.BATCH_STATUS_UPDATED: "batch_id"}),
        internal=[
            Route("/batches/user/{user_id}", api.list_batches),
            Route("/batches/lookup", api.lookup_batches, methods=["POST"]),
            Route("/batches/{batch_id}/status", api.batch_status),
        ],
    )
