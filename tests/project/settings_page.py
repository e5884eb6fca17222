"""docs/settings.md, as the settings themselves tell it: `python -m tests.project.settings_page > docs/settings.md`."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic.fields import FieldInfo

from cms_service.settings import CmsSettings
from gateway.settings import GatewaySettings
from kit.settings import ServiceSettings, Settings
from ras_service.settings import RasSettings

KINDS: dict[str, type[Settings]] = {"gateway": GatewaySettings, "CMS": CmsSettings, "RAS": RasSettings}
COLUMNS = "| variable | default | meaning |\n| --- | --- | --- |"
PREFIXES = "\n".join(f"| {name} | `{kind.model_config.get('env_prefix')}` |" for name, kind in KINDS.items())
BEGINNING = f"""\
# Settings

All from the environment, read at start. A variable under a process's prefix that is not listed here stops it, named,
and so does a value that makes no sense, which is not told. Lists have commas. What is limited or counted is so in each
worker of a process (`WEB_CONCURRENCY`); [production.md](production.md) says which settings to look at first. Several
workers share a folder for their metrics, in memory unless `PROMETHEUS_MULTIPROC_DIR` names another place.

| process | prefix, `…` below |
| --- | --- |
{PREFIXES}
"""

GATEWAY_SECTIONS = {
    "max_body_bytes": "What a request may be",
    "introspection": "What answers tell",
    "max_socket_operations": "How many at once",
    "trusted_documents": "Trusted documents",
    "cors_origins": "Who is let in",
    "metrics_token": "Metrics, and GraphiQL",
}
"""By the first field of each."""


def shared(by: type[Settings], kinds: Iterable[type[Settings]]) -> list[str]:
    """The fields that the classes have from a base and none of them anew."""
    anew = {name for kind in kinds for name in kind.__annotations__}
    return [name for name in by.__annotations__ if name in by.model_fields and name not in anew]


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
        return ""
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


def row(variable: str, field: FieldInfo) -> str:
    """Raises ValueError for a setting without a description."""
    if not field.description:
        raise ValueError(variable)
    return f"| `{variable}` | {default(field)} | {field.description.rstrip('.')} |"


def table(kind: type[Settings], names: Iterable[str], prefix: str | None = None) -> str:
    """`prefix`: what stands for the class's own."""
    variables, own = kind.variables(), str(kind.model_config.get("env_prefix"))
    shown = {each: variables[each].replace(own, own if prefix is None else prefix, 1) for each in names}
    return "\n".join([COLUMNS, *(row(variable, kind.model_fields[name]) for name, variable in shown.items())])


def sections() -> Iterator[tuple[str, str]]:
    """Headings and tables."""
    common = shared(Settings, KINDS.values())
    bare = [each for each in common if Settings.model_fields[each].validation_alias]
    yield "All three", table(GatewaySettings, bare)
    yield "All three, each under its prefix", table(GatewaySettings, [each for each in common if each not in bare], "…")
    served = shared(ServiceSettings, (CmsSettings, RasSettings))
    yield "CMS and RAS, each under its prefix", table(CmsSettings, served, "…")
    for name, kind in KINDS.items():
        names = [each for each in kind.__annotations__ if each in kind.model_fields]
        yield from gateway_sections(names) if kind is GatewaySettings else [(name, table(kind, names))]


def gateway_sections(names: list[str]) -> Iterator[tuple[str, str]]:
    heading, found = "The gateway", list[str]()
    for each in names:
        if each in GATEWAY_SECTIONS:
            yield heading, table(GatewaySettings, found)
            heading, found = GATEWAY_SECTIONS[each], []
        found.append(each)
    yield heading, table(GatewaySettings, found)


def page() -> str:
    return "\n".join([BEGINNING, *(f"## {heading}\n\n{rows}\n" for heading, rows in sections())])


if __name__ == "__main__":
    sys.stdout.write(page())
