"""What the parts of compose.yaml promise one another."""

import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.arguments import parse
from tests.deployment.compose_file import DOCUMENT, OURS, PATH, ROOT, SAMPLES, SERVICES, VARIABLE, replaced, seconds

DATABASES = ("class_management_db", "result_aggregator_db")
ONE_SHOTS = ("migrations", "topics")
PORTS = {"cms": 5002, "ras": 4003, "gateway": 4000}

# As the contract of the events names them.
TOPICS = {
    "huleedu.class.created.v1",
    "huleedu.class.updated.v1",
    "huleedu.class.deleted.v1",
    "huleedu.class.student.created.v1",
    "huleedu.class.student.updated.v1",
    "huleedu.class.student.deleted.v1",
    "huleedu.class.student.associations.confirmed.v1",
    "huleedu.batch.essays.registered.v1",
    "huleedu.batch.author.matches.suggested.v1",
    "huleedu.els.essay.slot.assigned.v1",
    "huleedu.batch.content.failed.v1",
    "huleedu.batch.pipeline.configured.v1",
    "huleedu.batch.pipeline.started.v1",
    "huleedu.els.batch.phase.outcome.v1",
    "huleedu.essay.spellcheck.results.v1",
    "huleedu.assessment.result.published.v1",
    "huleedu.batch.pipeline.completed.v1",
    "huleedu.batch.cancelled.v1",
    "huleedu.ras.batch.results.ready.v1",
    "huleedu.notification.teacher.requested.v1",
}


def test_variables_have_no_default_but_those_that_are_no_secret() -> None:
    found = list(VARIABLE.finditer(PATH.read_text(encoding="utf-8")))
    assert {each["name"] for each in found if each["operator"] == ":?"} == set(SAMPLES)
    defaults = {"LOG_LEVEL", "ALLOWED_SERVICE_IDS", "WEB_CONCURRENCY"}
    assert {each["name"] for each in found if each["operator"] == ":-"} == defaults
    assert all(each["name"] in each["rest"] for each in found if each["operator"] == ":?"), "messages name the variable"


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        image, _, tag = service["image"].partition(":")
        assert tag[:1].isdigit(), f"{name}: {image}:{tag}"


def test_our_image_is_this_version_and_built_by_one_service() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = {name for name, service in SERVICES.items() if service["image"] == f"teacher-graph:{project['version']}"}
    assert ours == {*OURS, "migrations"}
    assert [name for name, service in SERVICES.items() if "build" in service] == ["migrations"]


@pytest.mark.parametrize(
    ("service", "command", "argument", "value"),
    [
        ("cms", "serve", "service", "cms"),
        ("ras", "serve", "service", "ras"),
        ("gateway", "serve", "service", "gateway"),
        ("migrations", "migrate", "database", "all"),
    ],
)
def test_commands_exist(service: str, command: str, argument: str, value: str) -> None:
    program, *arguments = SERVICES[service]["command"]
    parsed = parse(arguments)
    assert (program, parsed.command, getattr(parsed, argument)) == ("teacher-graph", command, value)


def test_dependencies_can_come_true() -> None:
    for service in SERVICES.values():
        for needed, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]
            else:
                assert wanted["condition"] == "service_completed_successfully"
                assert SERVICES[needed]["restart"] == "no"


def test_databases_are_migrated_before_their_services_start() -> None:
    assert set(SERVICES["migrations"]["depends_on"]) == set(DATABASES)
    for name in ("cms", "ras"):
        assert SERVICES[name]["depends_on"]["migrations"] == {"condition": "service_completed_successfully"}
    assert set(SERVICES["gateway"]["depends_on"]) == {"cms", "ras"}


def test_what_runs_on_is_checked_and_restarted() -> None:
    for name, service in SERVICES.items():
        assert ("healthcheck" in service) is (name not in ONE_SHOTS), name
        assert service["restart"] == ("no" if name in ONE_SHOTS else "unless-stopped"), name


def test_our_services_stop_cleanly_and_hold_no_privileges() -> None:
    for name in (*OURS, "migrations"):
        service = SERVICES[name]
        assert seconds(service["stop_grace_period"]) > 30, "requests in flight have 30 s"
        assert (service["init"], service["read_only"], service["cap_drop"]) == (True, True, ["ALL"])


def test_only_the_gateway_is_published_beyond_this_host() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "class_management_db": ["127.0.0.1:5435:5432"],
        "result_aggregator_db": ["127.0.0.1:5436:5432"],
        "gateway": ["4000:4000"],
    }


def test_data_is_in_declared_volumes_where_the_images_want_them() -> None:
    mounts = {name: service["volumes"] for name, service in SERVICES.items() if "volumes" in service}
    assert mounts == {
        # From PostgreSQL 18 on the image keeps its data in a folder named by the version below this one.
        "class_management_db": ["class_management_db_data:/var/lib/postgresql"],
        "result_aggregator_db": ["result_aggregator_db_data:/var/lib/postgresql"],
        "kafka": ["kafka_data:/var/lib/kafka/data"],
        "gateway": ["./gateway-files:/etc/teacher-graph:ro"],
    }
    sources = {mount.split(":")[0] for each in mounts.values() for mount in each}
    assert set(DOCUMENT["volumes"]) == sources - {"./gateway-files"}


def test_every_topic_of_the_contract_is_made_once() -> None:
    *_, topics = _topics()
    assert len(topics) == len(set(topics))
    assert set(topics) == TOPICS | {"huleedu.dead.letters.v1"}


def test_the_one_shot_creates_each_topic() -> None:
    shell, options, script, name, topics = _topics()
    said = script.replace("/opt/kafka/bin/kafka-topics.sh", "echo")
    assert said != script
    done = subprocess.run([shell, options, said, name, *topics], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        f"--bootstrap-server kafka:9092 --create --if-not-exists --partitions 16 --replication-factor 1 --topic {topic}"
        for topic in topics
    ]


def test_the_brokers_address_is_its_name() -> None:
    kafka = SERVICES["kafka"]["environment"]
    assert kafka["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://kafka:9092"
    assert kafka["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert kafka["KAFKA_LOG_DIRS"] in SERVICES["kafka"]["volumes"][0]


@pytest.mark.parametrize("database", DATABASES)
def test_health_of_a_database_asks_the_server_over_tcp(database: str) -> None:
    kind, command = SERVICES[database]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert replaced(command, {}).startswith("pg_isready --host=127.0.0.1 ")


@pytest.mark.parametrize("service", OURS)
def test_health_of_a_service_is_its_readiness(service: str) -> None:
    kind, program, *arguments = SERVICES[service]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    for status, healthy in ((200, True), (503, False)):
        with _server_that_is(status) as port:
            here = [each.replace(f"//127.0.0.1:{PORTS[service]}/", f"//127.0.0.1:{port}/") for each in arguments]
            assert here != arguments
            done = subprocess.run([sys.executable, *here], check=False, capture_output=True)
        assert (done.returncode == 0) is healthy


def _topics() -> tuple[str, str, str, str, list[str]]:
    shell, options, script, name, *topics = SERVICES["topics"]["command"]
    return shell, options, replaced(script, {}), name, topics


@contextmanager
def _server_that_is(status: int) -> Iterator[int]:
    """Its port. It knows one path, /readyz."""

    class Readiness(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Readiness) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
