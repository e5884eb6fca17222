"""CMS's settings."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from starlette.requests import Request

from kit.settings import ServiceSettings


class CmsSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CLASS_MANAGEMENT_SERVICE_")

    port: int = Field(5002, ge=1, le=65535)
    """Port to listen on."""
    service_id: str = Field("class_management_service", min_length=1, max_length=128)
    """Who the service is when it calls another one, as `X-Service-ID`."""
    ras_base_url: str = Field("http://127.0.0.1:4003", pattern=r"^https?://[^\s/]+/?$")
    """RAS's address: without EVENT_SUBSCRIBERS it is told which students wrote which essays."""
    validation_timeout_hours: float = Field(24, gt=0, le=8760)
    """How long an association may wait for its teacher before it is confirmed without them."""
    validation_timeout_confidence: float = Field(0.7, ge=0, le=1)
    """Least score that keeps the suggested student then; others go to the class's UNKNOWN student."""
    validation_timeout_interval_seconds: float = Field(3600, gt=0, le=86400)
    """How often it is looked for associations that have waited so long."""

    @property
    def validation_timeout(self) -> timedelta:
        return timedelta(hours=self.validation_timeout_hours)


def settings(request: Request) -> CmsSettings:
    found = request.app.state.settings
    assert isinstance(found, CmsSettings)
    return found
