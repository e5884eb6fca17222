"""RAS's settings."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kit.settings import ServiceSettings


class RasSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="RESULT_AGGREGATOR_SERVICE_")

    port: int = Field(4003, ge=1, le=65535)
    """Port to listen on."""
    service_id: str = Field("result_aggregator_service", min_length=1, max_length=128)
    """Who the service is when it calls another one, as `X-Service-ID`."""
    pending_event_retention_days: float = Field(7, gt=0, le=365)
    """How long events wait for the registration of their batch before they are dead letters."""
