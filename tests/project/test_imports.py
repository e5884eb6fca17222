"""Who may import what, as the README says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"kit", "cli", "gateway", "cms_service", "ras_service", "migrations", "benchmarks", "tests"}
SERVICES = {"cms_service", "ras_service"}
SQL_ROOMS = {"tables.py", "queries.py", "queries"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules("gateway"), ids=name)
def test_the_gateway_knows_only_the_contracts_of_the_services(path: Path) -> None:
    foreign = {each for each in imported(path) if each.split(".")[0] in OURS - {"gateway", "kit"}}
    assert {each for each in foreign if each.split(".")[:2][-1] not in {"contract", *SERVICES}} == set()


@pytest.mark.parametrize("path", modules(*SERVICES), ids=name)
def test_a_service_knows_itself_and_the_kit(path: Path) -> None:
    allowed = {path.relative_to(ROOT).parts[0], "kit"}
    assert {each.split(".")[0] for each in imported(path)} & OURS <= allowed


@pytest.mark.parametrize("path", modules("kit"), ids=name)
def test_the_kit_knows_nobody(path: Path) -> None:
    assert {each.split(".")[0] for each in imported(path)} & OURS <= {"kit"}


CONTRACTS = [*modules("cms_service/contract", "gateway/contracts"), ROOT / "ras_service" / "contract.py"]


@pytest.mark.parametrize("path", CONTRACTS, ids=name)
def test_a_contract_stands_alone(path: Path) -> None:
    from sys import stdlib_module_names

    others = {each for each in imported(path) if not each.startswith("cms_service.contract.")}
    assert {each.split(".")[0] for each in others} <= stdlib_module_names | {"msgspec"}


@pytest.mark.parametrize("path", modules("gateway", "cli", *SERVICES), ids=name)
def test_sql_stays_in_its_rooms(path: Path) -> None:
    used = "sqlalchemy" in {each.split(".")[0] for each in imported(path)}
    service, room = path.relative_to(ROOT).parts[:2]
    assert not used or (service in SERVICES and room in SQL_ROOMS)


@pytest.mark.parametrize("path", modules("kit", "cli", "gateway", "benchmarks", *SERVICES), ids=name)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
