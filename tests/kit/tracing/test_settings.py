"""The variables that OpenTelemetry has names for."""

import pytest

from kit.settings import SettingsError
from kit.tracing import tracing
from kit.tracing.tracer import Sampler, sampler
from ras_service.settings import RasSettings

REQUIRED = {
    "INTERNAL_API_KEY": "key",
    "RESULT_AGGREGATOR_SERVICE_DATABASE_URL": "postgresql+asyncpg://ras@db/ras",
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_without_an_endpoint_nothing_is_traced(environ: pytest.MonkeyPatch) -> None:
    assert tracing(RasSettings.load(), "ras") is None


def test_an_empty_variable_is_none_at_all(environ: pytest.MonkeyPatch) -> None:
    for name in ("EXPORTER_OTLP_ENDPOINT", "EXPORTER_OTLP_HEADERS", "TRACES_SAMPLER", "TRACES_SAMPLER_ARG"):
        environ.setenv(f"OTEL_{name}", "")
    settings = RasSettings.load()
    assert settings.otlp_endpoint is None
    assert settings.otlp_headers == {}
    assert (settings.traces_sampler, settings.traces_sampler_ratio) == ("parentbased_always_on", 1)


def test_headers_are_pairs_and_secret(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20a%3Db , x-tenant = school")
    settings = RasSettings.load()
    told = {name: value.get_secret_value() for name, value in settings.otlp_headers.items()}
    assert told == {"authorization": "Bearer a=b", "x-tenant": "school"}
    assert "Bearer" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:99999"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://hunter2@collector"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0d%0ab: c"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2å"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.1"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan"),
    ],
)
def test_what_makes_no_sense_is_named_and_never_shown(environ: pytest.MonkeyPatch, name: str, value: str) -> None:
    environ.setenv(name, value)
    with pytest.raises(SettingsError) as told:
        RasSettings.load()
    assert str(told.value).startswith(f"{name}: ")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("always_on", Sampler(1, parent_based=False)),
        ("always_off", Sampler(0, parent_based=False)),
        ("traceidratio", Sampler(0.25, parent_based=False)),
        ("parentbased_always_on", Sampler(1, parent_based=True)),
        ("parentbased_always_off", Sampler(0, parent_based=True)),
        ("parentbased_traceidratio", Sampler(0.25, parent_based=True)),
    ],
)
def test_samplers_have_the_names_of_opentelemetry(name: str, expected: Sampler) -> None:
    assert sampler(name, 0.25) == expected
