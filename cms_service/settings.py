"""CMS's settings."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kit.settings import ServiceSettings


class CmsSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CLASS_MANAGEMENT_SERVICE_")

    port: int = Field(5002, ge=1, le=65535)
    """Port to listen on."""
