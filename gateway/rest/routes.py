"""Every document of a folder at its path, and what they are in OpenAPI."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute, Mount

from gateway.execution import Engine
from gateway.http.admission import Admission
from gateway.http.auth import Authenticator
from gateway.metrics import GatewayMetrics
from gateway.rest.description import DOCUMENTS, PREFIX, read_folder
from gateway.rest.endpoint import BEARER, endpoint
from kit.openapi.document import SERVICE, Kind, document

_KIND = Kind(
    description=f"{SERVICE.description}\n\nThe graph itself is at `/graphql`, and describes itself there.",
    tags={PREFIX: "Answers of one shape, each made from a document of the graph.", "/": SERVICE.tags["/"]},
    schemes={
        BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The identity service's."}
    },
)


def rest_routes(
    engine: Engine,
    authenticator: Authenticator,
    admission: Admission,
    folder: Path = DOCUMENTS,
    metrics: GatewayMetrics | None = None,
) -> list[BaseRoute]:
    """Raises DocumentError, a ValueError, that names the file."""
    documents = read_folder(folder, engine.schema)
    told = metrics or GatewayMetrics()
    served = [endpoint(each, engine, authenticator, admission, told) for each in documents]
    return [Mount(PREFIX, routes=[each.route() for each in served])]


def openapi(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    return document(routes, "Teacher graph", "1.0", _KIND)
