"""Settings of what stands beside the gateway, over the same upstreams."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class PeerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BENCH_", frozen=True)

    port: int
    cms_base_url: str
    ras_base_url: str
    internal_api_key: SecretStr
    jwt_secret: SecretStr
    jwt_audience: str = "huleedu-platform"
    jwt_issuer: str = "huleedu-identity-service"
    service_id: str = "gateway"
    upstream_timeout_seconds: float = 10
    upstream_connections: int = 100
