"""CMS as an application: the list of its routes, and what it opens once."""

from collections.abc import Coroutine
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from cms_service.api import associations, classes, internal, students
from cms_service.deadlines import Monitor
from cms_service.events import subscribers
from cms_service.matching import handlers
from cms_service.settings import CmsSettings
from kit.db import Database
from kit.resource import resource
from kit.service import service_app
from kit.updates import Updates

INTERNAL: list[BaseRoute] = [
    Route("/courses", internal.courses),
    Route("/batches/class-info", internal.class_info, methods=["GET", "POST"]),
    Route("/batches/validation-status", internal.validation_status, methods=["GET", "POST"]),
    Route("/batches/associations", internal.associations_of_batches, methods=["POST"]),
    Route("/classes/lookup", internal.lookup_classes, methods=["POST"]),
    Route("/classes/rosters", internal.rosters, methods=["POST"]),
    Route("/classes/batches", internal.batches_of_classes, methods=["POST"]),
    Route("/students/lookup", internal.lookup_students, methods=["POST"]),
    Route("/students/essays", internal.essays_of_students, methods=["POST"]),
    Route("/essays/students", internal.students_of_essays, methods=["POST"]),
]
"""For the gateway, and for RAS."""

ON_BEHALF: list[BaseRoute] = [
    *resource("/classes", get=classes.list_classes, post=classes.create_class),
    # Before the classes by id, of which `students` is none.
    *resource("/classes/students", get=students.list_students, post=students.create_student),
    *resource(
        "/classes/students/{student_id}",
        get=students.read_student,
        put=students.update_student,
        delete=students.delete_student,
    ),
    *resource("/classes/{class_id}", get=classes.read_class, put=classes.update_class, delete=classes.delete_class),
    *resource("/classes/{class_id}/students", get=classes.list_roster),
    *resource("/batches/{batch_id}/student-associations", get=associations.list_associations),
    *resource("/batches/{batch_id}/student-associations/confirm", post=associations.confirm_associations),
]
"""For consumers that name the teacher on whose behalf they ask."""


def create_app(settings: CmsSettings, database: Database | None = None) -> Starlette:
    """`database` replaces the one of the settings, and is its giver's to close."""
    updates = Updates()

    def monitor(opened: Database) -> list[Coroutine[Any, Any, None]]:
        made = Monitor(opened, updates, settings.validation_timeout, settings.validation_timeout_confidence)
        return [made.run(settings.validation_timeout_interval_seconds)]

    app = service_app(
        settings,
        database,
        title="Class Management Service",
        migrations="cms",
        updates=updates,
        handlers=handlers(settings.validation_timeout),
        beside=monitor,
        subscribers=subscribers(settings.ras_base_url),
        internal=INTERNAL,
        on_behalf=ON_BEHALF,
    )
    app.state.settings = settings
    return app
