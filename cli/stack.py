"""The three services on this machine: all that is known of them before anything is started."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from cli.environment import load
from cms_service.settings import CmsSettings
from gateway.settings import GatewaySettings
from kit.settings import ServiceSettings, Settings
from ras_service.settings import RasSettings

SERVICES: Mapping[str, type[ServiceSettings]] = {"cms": CmsSettings, "ras": RasSettings}
"""Those with a database."""
DATABASE_VARIABLES = {name: settings.variables()["database_url"] for name, settings in SERVICES.items()}
_ADDRESS_VARIABLES = {
    "cms": GatewaySettings.variables()["cms_base_url"],
    "ras": GatewaySettings.variables()["ras_base_url"],
}
# Where the embedded server listens is known only when it runs.
_EMBEDDED = dict.fromkeys(DATABASE_VARIABLES.values(), "postgresql+asyncpg://embedded")


@dataclass(frozen=True, slots=True)
class Stack:
    environment: Mapping[str, str]
    cms: CmsSettings
    ras: RasSettings
    gateway: GatewaySettings

    @classmethod
    def plan(cls, environment: Mapping[str, str]) -> Self:
        """Raises CommandError for settings that a service would not start with."""
        with_databases = {**_EMBEDDED, **environment}
        cms, ras = load(CmsSettings, with_databases), load(RasSettings, with_databases)
        addresses = {
            _ADDRESS_VARIABLES["cms"]: address(cms),
            _ADDRESS_VARIABLES["ras"]: address(ras),
            CmsSettings.variables()["ras_base_url"]: address(ras),
        }
        complete = {**addresses, **environment}
        return cls(complete, cms, ras, load(GatewaySettings, complete))

    @property
    def services(self) -> dict[str, Settings]:
        """In the order in which they start."""
        return {"cms": self.cms, "ras": self.ras, "gateway": self.gateway}

    def environment_with(self, databases: Mapping[str, str]) -> dict[str, str]:
        return {**self.environment, **{DATABASE_VARIABLES[name]: url for name, url in databases.items()}}


def address(service: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(service.host, service.host)  # noqa: S104  to ask, not to listen
    return f"http://{host}:{service.port}"
