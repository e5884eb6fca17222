"""CMS as an application: the list of its routes, and what it opens once."""

from starlette.applications import Starlette
from starlette.routing import Route

from cms_service import api
from cms_service.settings import CmsSettings
from kit.db import Database
from kit.service import service_app


def create_app(settings: CmsSettings, database: Database | None = None) -> Starlette:
    """`database` replaces the one of the settings, and is its giver's to close."""
    return service_app(
        settings,
        database,
        migrations="cms",
        internal=[
            Route("/courses", api.courses),
            Route("/batches/class-info", api.class_info, methods=["GET", "POST"]),
        ],
    )
