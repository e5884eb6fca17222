"""`/metrics` on a port that the public reaches: for whoever has the token, and in development for everybody."""

import hmac

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.metrics import GatewayMetrics
from kit.errors import AuthenticationError
from kit.metrics import Metrics, exposition

CHALLENGE = 'Bearer realm="metrics"'


def metrics_routes(metrics: GatewayMetrics, token: SecretStr | None, *, open_to_all: bool) -> list[Route]:
    """None at all where nobody could read them."""
    if token is None and not open_to_all:
        return []

    async def tell(request: Request) -> Response:
        if token is not None:
            check(request.headers.get("authorization", ""), token)
        metrics.standing.carry()
        own = request.app.state.metrics
        assert isinstance(own, Metrics)
        own.carry()
        return exposition(own.registry, metrics.registry)

    return [Route("/metrics", tell)]


def check(authorization: str, token: SecretStr) -> None:
    """Raises AuthenticationError."""
    scheme, _, given = authorization.partition(" ")
    # As bytes, since comparing text refuses to take what is not ASCII.
    same = hmac.compare_digest(given.strip().encode("latin-1"), token.get_secret_value().encode())
    if scheme.lower() != "bearer" or not same:
        raise AuthenticationError("The token of the metrics is required.", headers={"WWW-Authenticate": CHALLENGE})
