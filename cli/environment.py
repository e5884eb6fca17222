"""Settings for development, from what the user's environment has and what `run` adds to it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from cli.errors import CommandError
from kit.settings import Settings, SettingsError

DEVELOPER = "developer"
"""`X-Service-ID` of a developer who asks CMS and RAS by hand."""

TOLD = frozenset(
    {"GATEWAY_URL", "CMS_URL", "RAS_URL", "TOKEN", "SERVICE_ID", "CMS_DATABASE_URL", "RAS_DATABASE_URL", "JWT_SECRET"}
    | {"GATEWAY_PID", "CMS_PID", "RAS_PID"}
)
"""What `.run/env` tells beside settings. Whoever exported it must not be told that GATEWAY_URL is an unknown one."""

AnySettings = TypeVar("AnySettings", bound=Settings)


def development(given: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """What is given wins over the secrets and the defaults of development."""
    settings = {name: value for name, value in given.items() if name not in TOLD}
    ours = Settings.model_fields["allowed_service_ids"].get_default()
    defaults = {"ALLOWED_SERVICE_IDS": ",".join((*ours, DEVELOPER))}
    return {**defaults, **secrets, **settings, "ENVIRONMENT": "development"}


def load(kind: type[AnySettings], environment: Mapping[str, str]) -> AnySettings:
    """Raises CommandError that names what is missing, malformed or unknown."""
    with _as_environment(environment):
        try:
            return kind.load()
        except SettingsError as error:
            raise CommandError(str(error), status=2) from None


@contextmanager
def _as_environment(variables: Mapping[str, str]) -> Iterator[None]:
    # Settings are read from the process's environment and from nowhere else.
    before, wanted = dict(os.environ), dict(variables)
    try:
        os.environ.clear()
        os.environ.update(wanted)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
