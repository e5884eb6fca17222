"""The gateway's settings."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from gateway.http.origins import exact_origin
from gateway.limits.document import DEFAULT, DocumentLimits
from kit.settings import Settings

Origin = Annotated[str, AfterValidator(exact_origin)]


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
    join_reads_seconds: float = Field(0.1, ge=0, le=10)
    """How long after its beginning an upstream read can be joined by the same of the same teacher; 0 joins none."""
    merge_class_info: bool = False
    """Whether requests that need CMS's class-info while a call for it is under way share the next; spares CMS calls."""
    upstream_connections: int = Field(100, ge=1)
    """Connections to each upstream."""
    upstream_max_body_bytes: int = Field(4_194_304, ge=1024)
    """Largest upstream answer."""
    max_body_bytes: int = Field(262_144, ge=1024)
    """Largest request body, and largest message on a WebSocket."""
    max_json_depth: int = Field(32, ge=5)
    """Most levels of lists and objects in a request's JSON."""
    max_query_characters: int = Field(DEFAULT.characters, ge=1)
    """Longest GraphQL document."""
    max_query_tokens: int = Field(DEFAULT.tokens, ge=1)
    """Most tokens of a GraphQL document."""
    max_depth: int = Field(DEFAULT.depth, ge=1)
    """Most levels of fields."""
    max_introspection_depth: int = Field(DEFAULT.introspection_depth, ge=1)
    """The same from `__schema` or `__type` on."""
    max_aliases: int = Field(DEFAULT.aliases, ge=0)
    """Most aliases of an operation; these, and what follows, count again wherever a fragment is spread."""
    max_root_fields: int = Field(DEFAULT.root_fields, ge=1)
    """Most root fields of an operation."""
    max_directives: int = Field(DEFAULT.directives, ge=0)
    """Most directives of an operation."""
    max_fragments: int = Field(DEFAULT.fragments, ge=0)
    """Most spreads of an operation, of fragments with a name and without."""
    max_comparisons: int = Field(DEFAULT.comparisons, ge=100)
    """Most steps of finding whether a document's fields can be merged: each pair of one name is compared."""
    max_cost: int = Field(DEFAULT.cost, ge=1)
    """Highest estimate of what an operation costs."""
    max_request_errors: int = Field(DEFAULT.errors, ge=1)
    """Most errors told of a request that is not executed."""
    kept_document_tokens: int = Field(DEFAULT.kept_tokens, ge=0)
    """Tokens of all documents that are kept parsed, some 400 bytes each."""
    introspection: bool | None = None
    """Whether the graph tells its schema; unset, it does in development."""
    suggestions: bool | None = None
    """Whether errors suggest names that the schema has; unset, they do in development."""
    tell_cost: bool | None = None
    """Whether answers tell their cost; unset, they do in development. A refusal tells it anyway."""
    max_deferred_parts: int = Field(200, ge=0)
    """Most parts that @defer makes of an answer; what would be one more comes with the part around it."""
    max_socket_operations: int = Field(100, ge=1)
    """Most operations at once on one WebSocket."""
    max_executing: int = Field(64, ge=1)
    """Requests executed at once; streams count until they begin."""
    max_queued: int = Field(512, ge=0)
    """Requests that may wait for their turn; one more is answered with 503."""
    queue_seconds: float = Field(1, gt=0, le=60)
    """How long a request may wait for its turn before it is answered with 503."""
    teacher_requests_per_second: float = Field(20, ge=0, le=1_000_000)
    """Requests of one teacher per second, and operations on sockets with them; 0 sets no limit."""
    teacher_request_burst: int = Field(60, ge=1)
    """Requests that a teacher may send at once after a pause."""
    live_connections: int = Field(1000, ge=1)
    """Teachers that subscriptions follow at once; each takes a connection to either service for a poll that waits."""
    max_waiting_updates: int = Field(1000, ge=200)
    """Most updates kept for a subscriber that reads slowly; what comes after them is read again when there is room."""
    slow_client_seconds: float = Field(10, gt=0, le=300)
    """How long a subscriber may leave what it is sent unread before it is cut off."""
    trusted_documents: Literal["off", "prefer", "only"] = "prefer"
    """`off` takes texts, `prefer` the ids of trusted documents too, `only` nothing but trusted documents."""
    trusted_documents_files: Annotated[tuple[Path, ...], NoDecode] = ()
    """Comma-separated manifests of trusted documents, as the builds of clients write them."""
    trusted_documents_exempt_roles: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated roles that may send any document although `only` trusted ones are taken."""
    persisted_queries: int = Field(1000, ge=0)
    """Most texts kept for clients that send them once and then their hash; 0 keeps none."""
    persisted_query_bytes: int = Field(4_194_304, ge=1024)
    """Memory of the texts that are kept so."""
    cors_origins: Annotated[tuple[Origin, ...], NoDecode] = ()
    """Comma-separated origins of other sites whose pages may use the gateway, such as `https://app.example.com`."""
    jwt_audience: str = "huleedu-platform"
    """`aud` that a token must name."""
    jwt_issuer: str = "huleedu-identity-service"
    """`iss` that a token must name."""
    jwt_public_key_file: Path | None = None
    """PEM public key of the issuer: RSA for RS256, Ed25519 for EdDSA."""
    jwt_jwks_url: str | None = None
    """Where the issuer publishes its keys, instead of a file; `http` only in development."""
    jwt_jwks_refresh_seconds: float = Field(600, gt=0, le=86_400)
    """Longest between two looks at the issuer's keys, so how long a removed one is believed; `max-age` may be less."""
    jwt_jwks_cooldown_seconds: float = Field(10, gt=0, le=3600)
    """Least between two looks, also when tokens name unknown keys or a look failed."""
    jwt_jwks_stale_seconds: float = Field(86_400, ge=0, le=2_592_000)
    """How long the issuer's keys are used on while it cannot be reached; then nobody is let in."""
    jwt_jwks_timeout_seconds: float = Field(2, gt=0, le=30)
    """Longest look; a request whose token names an unknown key waits for it."""
    jwt_jwks_max_body_bytes: int = Field(65_536, ge=1024, le=1_048_576)
    """Largest key set."""
    jwt_secret: SecretStr | None = Field(None, min_length=32)
    """HS256 secret; refused outside development."""
    jwt_leeway_seconds: float = Field(5, ge=0, le=300)
    """How far the issuer's clock may be ahead: for `nbf` and `iat`, since `exp` has none."""
    jwt_max_characters: int = Field(8192, ge=256, le=65_536)
    """Longest token."""
    jwt_cached_tokens: int = Field(10_000, ge=1)
    """Most verified tokens that are remembered, until they expire or the keys change."""
    metrics_token: SecretStr | None = Field(None, min_length=16)
    """Bearer token that `/metrics` is read with; without it, there is none outside development."""
    graphiql_teacher: str | None = None
    """In development, the teacher whose token GraphiQL opens with."""

    @field_validator("trusted_documents_files", "trusted_documents_exempt_roles", "cors_origins", mode="before")
    @classmethod
    def split_list(cls, value: Any) -> Any:
        return cls.split(value)

    @property
    def document_limits(self) -> DocumentLimits:
        return DocumentLimits(
            characters=self.max_query_characters,
            tokens=self.max_query_tokens,
            depth=self.max_depth,
            introspection_depth=self.max_introspection_depth,
            aliases=self.max_aliases,
            root_fields=self.max_root_fields,
            directives=self.max_directives,
            fragments=self.max_fragments,
            comparisons=self.max_comparisons,
            cost=self.max_cost,
            errors=self.max_request_errors,
            kept_tokens=self.kept_document_tokens,
            introspection=self.development if self.introspection is None else self.introspection,
            suggestions=self.development if self.suggestions is None else self.suggestions,
        )

    @model_validator(mode="after")
    def check_documents(self) -> Self:
        if self.trusted_documents == "only" and not self.trusted_documents_files:
            raise ValueError("GATEWAY_TRUSTED_DOCUMENTS=only needs GATEWAY_TRUSTED_DOCUMENTS_FILES")
        return self

    @model_validator(mode="after")
    def check_keys(self) -> Self:
        if self.jwt_secret and not self.development:
            raise ValueError("GATEWAY_JWT_SECRET is for development; set GATEWAY_JWT_JWKS_URL")
        if self.jwt_jwks_url and self.jwt_public_key_file:
            raise ValueError("GATEWAY_JWT_JWKS_URL and GATEWAY_JWT_PUBLIC_KEY_FILE cannot both be set")
        if not (self.jwt_secret or self.jwt_jwks_url or self.jwt_public_key_file):
            raise ValueError(
                "GATEWAY_JWT_PUBLIC_KEY_FILE is required, or GATEWAY_JWT_JWKS_URL"
                " (in development GATEWAY_JWT_SECRET will do)"
            )
        return self

    @model_validator(mode="after")
    def check_jwks(self) -> Self:
        if self.jwt_jwks_url and (wrong := wrong_url(self.jwt_jwks_url, plain=self.development)):
            raise ValueError(f"GATEWAY_JWT_JWKS_URL {wrong}")
        if self.jwt_jwks_cooldown_seconds > self.jwt_jwks_refresh_seconds:
            raise ValueError("GATEWAY_JWT_JWKS_COOLDOWN_SECONDS is longer than GATEWAY_JWT_JWKS_REFRESH_SECONDS")
        return self


def wrong_url(url: str, *, plain: bool) -> str | None:
    """`plain`: http will do. Never the value: it may hold a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  which raises
    except ValueError:
        return "is no URL"
    if not (parts.hostname and url.isascii() and url.isprintable() and " " not in url):
        return "is no URL"
    if parts.scheme not in (("https", "http") if plain else ("https",)):
        return "must be https (in development http will do)"
    return "must hold neither a user nor a fragment" if parts.username is not None or parts.fragment else None
