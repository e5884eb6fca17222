"""Who is told of what, by settings."""

import json
from typing import Any

import pytest

from cms_service.events import subscribers
from cms_service.settings import CmsSettings
from kit.settings import SettingsError

BROKERS = "CLASS_MANAGEMENT_SERVICE_KAFKA_BOOTSTRAP_SERVERS"
VARIABLE = "CLASS_MANAGEMENT_SERVICE_EVENT_SUBSCRIBERS"


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: str) -> CmsSettings:
    monkeypatch.setenv("INTERNAL_API_KEY", "k")
    monkeypatch.setenv("CLASS_MANAGEMENT_SERVICE_DATABASE_URL", "postgresql+asyncpg://x@localhost/x")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return CmsSettings.load()


def test_by_default_ras_is_told_who_wrote_what(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, CLASS_MANAGEMENT_SERVICE_RAS_BASE_URL="http://ras:4003/")
    assert settings.event_subscribers is None
    assert subscribers(settings.ras_base_url) == {
        "huleedu.class.student.associations.confirmed.v1": ["http://ras:4003/internal/v1/events"]
    }


@pytest.mark.parametrize("value", [{}, {"a.v1": ["http://one/events", "https://two:1/e?x=1"], "*": ["http://three"]}])
def test_subscribers_are_json(monkeypatch: pytest.MonkeyPatch, value: dict[str, list[str]]) -> None:
    found = loaded(monkeypatch, **{VARIABLE: json.dumps(value)}).event_subscribers
    assert found == {kind: tuple(urls) for kind, urls in value.items()}


@pytest.mark.parametrize("value", ["", "x", "[]", '{"a": "http://one"}', {"a": ["ftp://x"]}, {"a": ["http://"]}])
def test_what_makes_no_sense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    with pytest.raises(SettingsError, match=VARIABLE):
        loaded(monkeypatch, **{VARIABLE: value if isinstance(value, str) else json.dumps(value)})


@pytest.mark.parametrize("value", ["kafka:9092", "a.example:9092,10.0.0.1:9093,[::1]:9094"])
def test_brokers_are_hosts_with_ports(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert loaded(monkeypatch, **{BROKERS: value}).kafka_bootstrap_servers == value


@pytest.mark.parametrize("value", ["", "kafka", "kafka:", "kafka:x", "a:1,", "http://a:1", "a:1 b:2"])
def test_brokers_that_make_no_sense_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(SettingsError, match=BROKERS):
        loaded(monkeypatch, **{BROKERS: value})
