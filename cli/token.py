"""`token`: a development token, as the identity service would sign it."""

import os

from cli.environment import development, load
from cli.errors import CommandError
from cli.run_folder import RunFolder
from gateway.http.tokens import development_token
from gateway.settings import GatewaySettings

_SECRET = GatewaySettings.variables()["jwt_secret"]


def token(teacher: str, *, hours: float) -> int:
    secrets = RunFolder().secrets()
    if _SECRET not in {**os.environ, **secrets}:
        raise CommandError(f"no secret to sign with: set {_SECRET}, or `make run` here first", status=2)
    settings = load(GatewaySettings, development(os.environ, {"INTERNAL_API_KEY": "unused", **secrets}))
    print(development_token(settings, teacher, lifetime=round(hours * 3600)))
    return 0
