"""RAS's settings."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kit.settings import ServiceSettings


class RasSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="RESULT_AGGREGATOR_SERVICE_")

    port: int = Field(4003, ge=1, le=65535)
    """Port to listen on."""
