"""The environments of compose.yaml against the settings classes: what they give is known, right and enough."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import make_url

from cli import databases
from cli.environment import load
from cli.errors import CommandError
from cms_service.settings import CmsSettings
from gateway.app import create_app
from gateway.http.bearer.keys import verification_keys
from gateway.settings import GatewaySettings
from kit.settings import ServiceSettings, Settings
from ras_service.settings import RasSettings
from tests.deployment.compose_file import (
    OURS,
    PASSED_ON,
    ROOT,
    SAMPLES,
    SERVICES,
    environment,
    seconds,
    variables,
)

KINDS: dict[str, type[Settings]] = {"cms": CmsSettings, "ras": RasSettings, "gateway": GatewaySettings}
BACKED: dict[str, type[ServiceSettings]] = {"cms": CmsSettings, "ras": RasSettings}
SERVERS = {"cms": "class_management_db", "ras": "result_aggregator_db"}
REPLICAS = 2
OPERATORS = 20
PATHS = {"/graphql", "/metrics", "/readyz"}
MANIFEST = ROOT / "clients" / "typescript" / "src" / "generated" / "persisted-documents.json"
# Connections that are in no pool: the listener's and the relay's.
ITS_OWN = 2
# What requests in flight have to finish, and then events under way, or a worker that hangs until it is killed.
IN_FLIGHT_SECONDS, UNDER_WAY_SECONDS, HANGING_SECONDS = 30, 5, 10


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: str) -> None:
    assert variables(service) <= set(KINDS[service].variables().values())


def test_the_migrations_variables_are_settings() -> None:
    known = {*CmsSettings.variables().values(), *RasSettings.variables().values()}
    assert variables("migrations") <= known


@pytest.mark.parametrize("service", OURS)
def test_services_load_for_production_and_listen_to_the_network(service: str) -> None:
    settings = load(KINDS[service], environment(service))
    assert (settings.environment, settings.host, settings.log_level) == ("production", "0.0.0.0", "INFO")  # noqa: S104
    assert settings.internal_api_key.get_secret_value() == SAMPLES["INTERNAL_API_KEY"]


def test_the_internal_key_is_one_variable() -> None:
    assert {SERVICES[name]["environment"]["INTERNAL_API_KEY"][:19] for name in OURS} == {"${INTERNAL_API_KEY:"}


@pytest.mark.parametrize("service", ["cms", "ras"])
def test_the_services_let_each_other_in(service: str) -> None:
    callers = {
        load(GatewaySettings, environment("gateway")).service_id,
        load(CmsSettings, environment("cms")).service_id,
        load(RasSettings, environment("ras")).service_id,
    }
    assert set(load(KINDS[service], environment(service)).allowed_service_ids) == callers


@pytest.mark.parametrize("service", ["cms", "ras"])
def test_services_and_migrations_reach_the_database_as_its_server_is_set_up(service: str) -> None:
    settings = load(BACKED[service], environment(service))
    server = environment(SERVERS[service])
    url = make_url(settings.database_url)
    assert (url.host, url.port) == (SERVERS[service], 5432)
    assert (url.username, url.password, url.database) == (
        server["POSTGRES_USER"],
        server["POSTGRES_PASSWORD"],
        server["POSTGRES_DB"],
    )
    assert databases.given(environment("migrations"))[service] == settings.database_url


def test_the_databases_have_passwords_of_their_own() -> None:
    assert len({environment(server)["POSTGRES_PASSWORD"] for server in SERVERS.values()}) == 2


@pytest.mark.parametrize("service", ["cms", "ras"])
def test_pools_of_two_replicas_fit_into_the_server(service: str) -> None:
    settings = load(BACKED[service], environment(service))
    pools = settings.database_pool_size + settings.database_max_overflow + settings.poll_pool_size
    options = dict(each.split("=") for each in SERVICES[SERVERS[service]]["command"] if "=" in each)
    assert int(options["max_connections"]) >= REPLICAS * settings.workers * (pools + ITS_OWN) + OPERATORS


@pytest.mark.parametrize("service", ["cms", "ras"])
def test_services_speak_to_the_broker_where_it_listens_and_know_its_topics(service: str) -> None:
    settings = load(BACKED[service], environment(service))
    assert f"PLAINTEXT://{settings.kafka_bootstrap_servers}" == environment("kafka")["KAFKA_ADVERTISED_LISTENERS"]
    assert settings.kafka_dead_letter_topic in SERVICES["topics"]["command"]


def test_services_start_without_a_broker() -> None:
    assert not {"kafka", "topics"} & {each for name in OURS for each in SERVICES[name]["depends_on"]}


def test_the_gateway_asks_the_services_where_they_listen() -> None:
    gateway = load(GatewaySettings, environment("gateway"))
    for service, address in (("cms", gateway.cms_base_url), ("ras", gateway.ras_base_url)):
        asked = urlsplit(address)
        assert (asked.hostname, asked.port) == (service, load(KINDS[service], environment(service)).port)


@pytest.mark.parametrize("service", OURS)
def test_stopping_has_the_time_that_it_takes(service: str) -> None:
    drain = load(KINDS[service], environment(service)).drain_seconds
    assert drain > 0, "a balancer looks away before connections are refused"
    longest = drain + IN_FLIGHT_SECONDS + max(UNDER_WAY_SECONDS, HANGING_SECONDS)
    assert seconds(SERVICES[service]["stop_grace_period"]) > longest


@pytest.mark.parametrize("service", OURS)
def test_the_health_check_asks_the_port_of_the_service(service: str) -> None:
    port = load(KINDS[service], environment(service)).port
    assert f"http://127.0.0.1:{port}/readyz" in SERVICES[service]["healthcheck"]["test"][-1]


def test_the_published_port_is_the_gateways() -> None:
    port = load(GatewaySettings, environment("gateway")).port
    assert SERVICES["gateway"]["ports"] == [f"{port}:{port}"]


def test_the_gateway_starts_with_its_issuers_keys() -> None:
    settings = load(GatewaySettings, environment("gateway"))
    assert (settings.jwt_jwks_url, settings.workers) == (PASSED_ON["GATEWAY_JWT_JWKS_URL"], 2)
    assert {getattr(route, "path", None) for route in create_app(settings).routes} >= PATHS


def test_the_gateway_starts_with_a_key_file_and_a_manifest_of_the_mounted_folder(tmp_path: Path) -> None:
    given = environment("gateway")
    del given["GATEWAY_JWT_JWKS_URL"]
    assert {"GATEWAY_JWT_PUBLIC_KEY_FILE", "GATEWAY_TRUSTED_DOCUMENTS_FILES"} <= variables("gateway")
    key = tmp_path / "identity-service.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    files = {"GATEWAY_JWT_PUBLIC_KEY_FILE": str(key), "GATEWAY_TRUSTED_DOCUMENTS_FILES": str(MANIFEST)}
    settings = load(GatewaySettings, {**given, **files, "GATEWAY_TRUSTED_DOCUMENTS": "only"})
    assert set(verification_keys(settings)) == {"EdDSA"}
    assert {getattr(route, "path", None) for route in create_app(settings).routes} >= PATHS


def test_without_keys_the_gateway_says_which_setting_is_missing() -> None:
    given = environment("gateway")
    del given["GATEWAY_JWT_JWKS_URL"]
    with pytest.raises(CommandError, match="GATEWAY_JWT_PUBLIC_KEY_FILE is required, or GATEWAY_JWT_JWKS_URL"):
        load(GatewaySettings, given)
