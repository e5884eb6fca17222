"""Where everything listens, which secrets it shares for this run, and how each process is told."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import SecretStr

from benchmarks.database import Ready
from benchmarks.processes import free_ports
from cms_service.events import CLASS_UPDATED
from cms_service.settings import CmsSettings
from gateway.http.tokens import development_token
from gateway.settings import GatewaySettings
from kit.settings import Settings
from ras_service.settings import RasSettings

SERVICES: dict[str, type[Settings]] = {"cms": CmsSettings, "ras": RasSettings, "gateway": GatewaySettings}
PEERS = ("bff", "floor", "sink")
"""What stands beside the services."""

RELAYED = CLASS_UPDATED
"""The one type of event that anybody takes, so that measuring the relay is all that makes it work for a subscriber."""

# One process each, as it comes: not as the user's environment has it.
_OURS = (*(str(each.model_config.get("env_prefix")) for each in SERVICES.values()), "BENCH_", "WEB_CONCURRENCY")


@dataclass(frozen=True, slots=True)
class Wiring:
    ports: Mapping[str, int]
    database_urls: Mapping[str, str]
    internal_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @classmethod
    def over(cls, database: Ready) -> Self:
        names = (*SERVICES, *PEERS)
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        return cls(ports, {"cms": database.cms_url, "ras": database.ras_url})

    def tokens(self, teachers: Iterable[str]) -> list[str]:
        settings = GatewaySettings(
            environment="development",
            internal_api_key=SecretStr(self.internal_key),
            jwt_secret=SecretStr(self.jwt_secret),
        )
        return [development_token(settings, teacher) for teacher in teachers]

    def environment(self, name: str) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
        return inherited | (self._of_service(name) if name in SERVICES else self._of_peer(name))

    def _of_service(self, name: str) -> dict[str, str]:
        values = {
            # Tokens that are signed with a secret are for development.
            "environment": "development",
            "log_level": "INFO",
            "internal_api_key": self.internal_key,
            "allowed_service_ids": "gateway",
            "port": str(self.ports[name]),
            "database_url": self.database_urls.get(name, ""),
            "cms_base_url": self._url("cms"),
            "ras_base_url": self._url("ras"),
            "jwt_secret": self.jwt_secret,
            # It is counted, and refuses nobody: a few teachers ask as fast as they can.
            "teacher_requests_per_second": "1000000",
            # The school's dates are old enough for all that is pending; nothing else shall work meanwhile.
            "validation_timeout_hours": "8760",
            "event_subscribers": json.dumps({RELAYED: [f"{self._url('sink')}/events"]}),
        }
        variables = SERVICES[name].variables()
        return {variables[each]: value for each, value in values.items() if each in variables}

    def _of_peer(self, name: str) -> dict[str, str]:
        return {
            "BENCH_PORT": str(self.ports[name]),
            "BENCH_CMS_BASE_URL": self._url("cms"),
            "BENCH_RAS_BASE_URL": self._url("ras"),
            "BENCH_INTERNAL_API_KEY": self.internal_key,
            "BENCH_JWT_SECRET": self.jwt_secret,
        }

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"
