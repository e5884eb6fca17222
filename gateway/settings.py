"""The gateway's settings."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from kit.settings import Settings


class GatewaySettings(Settings):
    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    port: int = Field(4000, ge=1, le=65535)
    """Port to listen on."""
    cms_base_url: str = Field("http://127.0.0.1:5002", pattern=r"^https?://")
    """Where CMS answers."""
    ras_base_url: str = Field("http://127.0.0.1:4003", pattern=r"^https?://")
    """Where RAS answers."""
    entitlements_base_url: str | None = Field(None, pattern=r"^https?://")
    """Where the entitlements service answers; without it `credits` is null with the code NOT_CONFIGURED."""
    service_id: str = "gateway"
    """`X-Service-ID` on upstream calls."""
    http_client_timeout_seconds: float = Field(10, gt=0, le=300)
    """Longest upstream call; what is left of the request's budget wins when it is less."""
    upstream_connections: int = Field(100, ge=1)
    """Connections to each upstream."""
    upstream_max_body_bytes: int = Field(4_194_304, ge=1024)
    """Largest upstream answer."""
    max_body_bytes: int = Field(262_144, ge=1024)
    """Largest request body, and largest message on a WebSocket."""
    max_query_tokens: int = Field(1000, ge=1)
    """Most tokens of a GraphQL document."""
    max_socket_operations: int = Field(100, ge=1)
    """Most operations at once on one WebSocket."""
    live_connections: int = Field(1000, ge=1)
    """Teachers that subscriptions follow at once; each takes a connection to either service for a poll that waits."""
    max_waiting_updates: int = Field(1000, ge=200)
    """Most updates kept for a subscriber that reads slowly; what comes after them is read again when there is room."""
    slow_client_seconds: float = Field(10, gt=0, le=300)
    """How long a subscriber may leave what it is sent unread before it is cut off."""
    jwt_audience: str = "huleedu-platform"
    """`aud` that a token must name."""
    jwt_issuer: str = "huleedu-identity-service"
    """`iss` that a token must name."""
    jwt_public_key_file: Path | None = None
    """PEM public key of the issuer: RSA for RS256, Ed25519 for EdDSA."""
    jwt_secret: SecretStr | None = Field(None, min_length=32)
    """HS256 secret; refused outside development."""
    graphiql_teacher: str | None = None
    """In development, the teacher whose token GraphiQL opens with."""

    @model_validator(mode="after")
    def check_keys(self) -> Self:
        if self.jwt_secret and not self.development:
            raise ValueError("GATEWAY_JWT_SECRET is for development; set GATEWAY_JWT_PUBLIC_KEY_FILE")
        if not self.jwt_secret and not self.jwt_public_key_file:
            raise ValueError("GATEWAY_JWT_PUBLIC_KEY_FILE is required (in development GATEWAY_JWT_SECRET will do)")
        return self
