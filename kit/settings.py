"""Settings from the environment. A variable that nobody reads is a mistake, so it stops the service."""

import json
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SubscriberUrl = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]


_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
BROKERS = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}(,(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5})*$"


class SettingsError(Exception):
    """The environment does not make sense; the message names the variables."""


class Settings(BaseSettings):
    """What every process of the system reads. Names without a prefix are shared by all."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True)

    environment: Literal["development", "production"] = Field("production", validation_alias="ENVIRONMENT")
    """`development` adds GraphiQL, HS256 tokens and `extensions.upstream`."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", validation_alias="LOG_LEVEL")
    """Least severity that is logged."""
    internal_api_key: SecretStr = Field(validation_alias="INTERNAL_API_KEY", min_length=1)
    """Shared by the three processes; sent and checked on every internal call."""
    allowed_service_ids: Annotated[tuple[str, ...], NoDecode] = Field(
        ("gateway", "class_management_service", "result_aggregator_service"), validation_alias="ALLOWED_SERVICE_IDS"
    )
    """Comma-separated `X-Service-ID` values that CMS and RAS answer."""
    otlp_endpoint: str | None = Field(
        None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
    )
    """Collector of traces, to which `/v1/traces` is added; without it nothing is traced."""
    otlp_protocol: Literal["http/protobuf"] = Field("http/protobuf", validation_alias="OTEL_EXPORTER_OTLP_PROTOCOL")
    """The only one that is spoken; a collector's port for it is 4318 as a rule."""
    otlp_headers: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default_factory=dict, validation_alias="OTEL_EXPORTER_OTLP_HEADERS"
    )
    """Sent to the collector: `name=value` with commas, values percent-encoded."""
    traces_sampler: Literal[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ] = Field("parentbased_always_on", validation_alias="OTEL_TRACES_SAMPLER")
    """Which traces are recorded; `parentbased_`: those of a caller are when the caller records them."""
    traces_sampler_ratio: float = Field(1, ge=0, le=1, validation_alias="OTEL_TRACES_SAMPLER_ARG")
    """The part of the traces that `traceidratio` records."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(ge=1, le=65535)
    """Port to listen on."""
    request_timeout_seconds: float = Field(10, gt=0, le=300)
    """Budget of one request; a caller's shorter deadline wins."""
    workers: int = Field(1, ge=1, le=64, validation_alias="WEB_CONCURRENCY")
    """Processes that serve the port; what is limited or counted per process is so in each of them."""
    max_connections: int = Field(2000, ge=1)
    """Most connections of a process; for one more the longest idle one is closed, and without an idle one it is 503."""
    max_url_bytes: int = Field(32_768, ge=256)
    """Longest path and query string of a request; the longest cursor has 16,384."""
    max_header_bytes: int = Field(16_384, ge=256)
    """Most bytes of a request's header fields together."""
    max_headers: int = Field(100, ge=1)
    """Most header fields of a request."""
    header_timeout_seconds: float = Field(10, gt=0, le=300)
    """How long the head of a request may take to arrive, and a new connection to say anything."""
    body_timeout_seconds: float = Field(10, gt=0, le=300)
    """How long the body of a request may take to arrive."""
    drain_seconds: float = Field(0, ge=0, le=60)
    """How long a process told to stop still takes requests while `/readyz` says 503, so that a balancer looks away."""

    @field_validator("allowed_service_ids", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("otlp_endpoint", "otlp_protocol", "traces_sampler", "traces_sampler_ratio", mode="before")
    @classmethod
    def empty_is_unset(cls, value: Any, info: ValidationInfo) -> Any:
        """As OpenTelemetry has it for its variables."""
        return cls.model_fields[str(info.field_name)].default if value == "" else value

    @field_validator("otlp_endpoint")
    @classmethod
    def has_a_port(cls, value: str | None) -> str | None:
        _ = value and urlsplit(value).port  # raises ValueError
        return value

    @field_validator("otlp_headers", mode="before")
    @classmethod
    def from_pairs(cls, value: Any) -> Any:
        return header_pairs(value) if isinstance(value, str) else value

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Environment variable by field name."""
        prefix = cls.model_config.get("env_prefix", "")
        return {
            name: str(field.validation_alias or f"{prefix}{name}".upper()) for name, field in cls.model_fields.items()
        }

    @classmethod
    def load(cls) -> Self:
        """Raises SettingsError for a missing, malformed or unknown variable."""
        prefix = cls.model_config.get("env_prefix", "")
        names = cls.variables()
        unknown = sorted(key for key in os.environ if key.startswith(prefix) and key not in names.values())
        if prefix and unknown:
            raise SettingsError(f"Unknown settings: {', '.join(unknown)}")
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_told(error, names)) from None


def header_pairs(text: str) -> dict[str, str]:
    """Raises ValueError without telling what is wrong: it may be a secret."""
    pairs = {}
    for each in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = each.partition("=")
        name, value = name.strip(), unquote(value.strip())
        if not separator or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError("must be name=value with commas, as headers may be")
        pairs[name] = value
    return pairs


def _told(error: ValidationError, names: Mapping[str, str]) -> str:
    """Names and reasons, never the values: some of them are secrets."""
    told = []
    for each in error.errors():
        where = str(each["loc"][0]) if each["loc"] else ""
        told.append(f"{names.get(where, where)}: {each['msg']}".removeprefix(": Value error, "))
    return "; ".join(told)


class ServiceSettings(Settings):
    """What a service with a database reads."""

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    """The service's own database, as `postgresql+asyncpg://user:password@host:port/name`."""
    database_pool_size: int = Field(30, ge=1, le=300)
    """Connections kept open."""
    database_max_overflow: int = Field(70, ge=0, le=300)
    """Further connections under load."""
    poll_pool_size: int = Field(5, ge=1, le=100)
    """Connections for long polls, beside those."""
    max_body_bytes: int = Field(1_048_576, ge=1024)
    """Largest request body."""
    service_id: str = Field(min_length=1, max_length=128)
    """Who the service is when it calls another one, as `X-Service-ID`."""
    event_subscribers: Annotated[dict[str, tuple[SubscriberUrl, ...]] | None, NoDecode] = None
    """JSON that gives an event type, or `*` for all, its list of URLs to post events to; `{}` is nobody."""
    event_tries: int = Field(5, ge=1, le=1000)
    """Refusals with 400 or 413 after which an event is parked."""
    event_batch_size: int = Field(1000, ge=1, le=1000)
    """Most events sent to a subscriber at once."""
    event_timeout_seconds: float = Field(30, gt=0, le=300)
    """How long a subscriber may take to answer."""
    event_backoff_max_seconds: float = Field(30, gt=0, le=3600)
    """Longest pause between two attempts to reach a subscriber that is away, unless it asks for a longer one."""
    event_poll_seconds: float = Field(5, gt=0, le=300)
    """How often the outbox is looked at when nothing tells of new events."""
    event_retention_days: float = Field(7, gt=0, le=365)
    """How long published events are kept."""
    processed_event_retention_days: float = Field(30, gt=0, le=3650)
    """How long it is known which events were processed: one that comes again later takes effect again."""
    dead_letter_retention_days: float = Field(90, gt=0, le=3650)
    """How long dead letters are kept."""
    kafka_bootstrap_servers: str | None = Field(None, pattern=BROKERS)
    """Brokers, as `host:port` with commas: events go there and come from there, and EVENT_SUBSCRIBERS is not used."""
    kafka_consumer_group: str | None = Field(None, min_length=1, max_length=249)
    """Consumer group; without it the service's id."""
    kafka_dead_letter_topic: str = Field("huleedu.dead.letters.v1", pattern=r"^[A-Za-z0-9._-]{1,249}$")
    """Topic for records that cannot be processed; they are in the table of dead letters, too."""
    redis_url: str | None = Field(None, pattern=r"^(redis|rediss|unix)://")
    """Where teachers' updates are published too, for WebSocket consumers; without it they are not."""
    update_retention_days: float = Field(7, gt=0, le=365)
    """How long teachers' updates are kept for readers that were away."""

    @field_validator("event_subscribers", mode="before")
    @classmethod
    def from_json(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('must be JSON, as {"type": ["url"]}') from None
