"""Migrations are history: named by when they were made, and dependent on nothing that changes."""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.migrations.histories import INI, History

ALLOWED = {"alembic", "sqlalchemy", *sys.stdlib_module_names}


def test_names_tell_date_and_purpose(history: History) -> None:
    assert history.files
    for file in history.files:
        assert re.fullmatch(r"\d{8}_\d{4}(_[a-z0-9]+)+\.py", file.name), file.name
        datetime.strptime(file.name[:13] + "+0000", "%Y%m%d_%H%M%z")


def test_names_sort_in_the_order_of_the_revisions(history: History) -> None:
    script = ScriptDirectory.from_config(Config(str(INI), ini_section=history.name))
    oldest_first = [Path(each.path).name for each in script.walk_revisions()][::-1]
    assert oldest_first == [file.name for file in history.files]


def test_migrations_import_only_alembic_and_sqlalchemy(history: History) -> None:
    for file in history.files:
        assert {module.partition(".")[0] for module in imports(file)} <= ALLOWED, file.name


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
