import pytest

from cms_service.settings import CmsSettings
from gateway.settings import GatewaySettings
from kit.settings import SettingsError

REQUIRED = {
    "INTERNAL_API_KEY": "key",
    "CLASS_MANAGEMENT_SERVICE_DATABASE_URL": "postgresql+asyncpg://cms@db/cms",
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_settings_come_from_the_environment(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("CLASS_MANAGEMENT_SERVICE_PORT", "6002")
    environ.setenv("ALLOWED_SERVICE_IDS", "gateway, reports,")
    settings = CmsSettings.load()
    assert (settings.port, settings.allowed_service_ids) == (6002, ("gateway", "reports"))
    assert settings.environment == "production"


def test_an_unknown_variable_under_the_prefix_is_named(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("CLASS_MANAGEMENT_SERVICE_POOL", "3")
    environ.setenv("CLASS_MANAGEMENT_SERVICE_PROT", "6002")
    with pytest.raises(
        SettingsError, match="Unknown settings: CLASS_MANAGEMENT_SERVICE_POOL, CLASS_MANAGEMENT_SERVICE_PROT"
    ):
        CmsSettings.load()


def test_a_missing_variable_is_named(environ: pytest.MonkeyPatch) -> None:
    environ.delenv("INTERNAL_API_KEY")
    environ.delenv("CLASS_MANAGEMENT_SERVICE_DATABASE_URL")
    with pytest.raises(SettingsError) as told:
        CmsSettings.load()
    assert "INTERNAL_API_KEY: Field required" in str(told.value)
    assert "CLASS_MANAGEMENT_SERVICE_DATABASE_URL: Field required" in str(told.value)


def test_a_malformed_value_is_named_and_never_shown(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("CLASS_MANAGEMENT_SERVICE_PORT", "high")
    environ.setenv("CLASS_MANAGEMENT_SERVICE_DATABASE_URL", "mysql://cms:hunter2@db/cms")
    with pytest.raises(SettingsError) as told:
        CmsSettings.load()
    assert "CLASS_MANAGEMENT_SERVICE_PORT: " in str(told.value)
    assert "CLASS_MANAGEMENT_SERVICE_DATABASE_URL: " in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_gateway_without_a_key_does_not_start(environ: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_JWT_PUBLIC_KEY_FILE is required"):
        GatewaySettings.load()
