"""The OpenAPI document as one page to read: no script, no request, nothing but what is in it."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from kit.openapi.html import Html, inline, joined, prose, table, tag
from kit.openapi.types import limits_of, ref_of, schema_id, type_of

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_Operation = tuple[str, str, dict[str, Any]]


class _Group(NamedTuple):
    description: str
    operations: list[_Operation]


def page(document: dict[str, Any]) -> str:
    info = document["info"]
    groups = {each["name"]: _Group(each["description"], []) for each in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].operations.append((path, method, operation))
    head = joined(
        [
            Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<link rel="icon" href="data:,">'),
            tag("title", info["title"]),
            tag("style", Html(_STYLE)),
        ]
    )
    main = tag(
        "main",
        tag("h1", info["title"]),
        prose(info["description"]),
        tag("p", "For machines: ", tag("a", "openapi.json", href="openapi.json"), class_="soft"),
        _headers("Credentials", document["components"]["securitySchemes"]),
        _headers("Headers of every request", document["components"]["parameters"]),
        _errors(document),
        joined(_section(name, group, document) for name, group in groups.items()),
        tag("h2", "Schemas"),
        joined(_schema(name, schema) for name, schema in document["components"]["schemas"].items()),
    )
    body = tag("body", _contents(groups, document["components"]["schemas"]), main)
    return f"<!doctype html>{tag('html', tag('head', head), body, lang='en')}"


def _contents(groups: Mapping[str, _Group], schemas: Iterable[str]) -> Html:
    operations = (
        joined([tag("h2", name), tag("ul", *(_link(each, name) for each in group.operations))])
        for name, group in groups.items()
    )
    names = (tag("li", tag("a", name, href=f"#{schema_id(name)}")) for name in schemas)
    return tag("nav", *operations, tag("h2", "Schemas"), tag("ul", *names), aria_label="Contents")


def _link(of: _Operation, prefix: str) -> Html:
    path, method, operation = of
    shown = path.removeprefix(prefix) if prefix != "/" else path
    return tag("li", tag("a", _method(method), tag("span", shown), href=f"#{operation['operationId']}"))


def _method(method: str) -> Html:
    return tag("span", method.upper(), class_=f"method {method}")


def _headers(title: str, given: dict[str, Any]) -> Html:
    rows = ([tag("code", _sent_in(each)), inline(each["description"])] for each in given.values())
    return joined([tag("h2", title), table(["header", "what it is"], rows)])


def _sent_in(header: dict[str, Any]) -> str:
    """A bearer's scheme names no header."""
    return str(header.get("name", "Authorization"))


def _section(name: str, group: _Group, document: dict[str, Any]) -> Html:
    articles = (_article(each, document) for each in group.operations)
    return joined([tag("h2", tag("span", name, class_="path")), prose(group.description), *articles])


def _article(of: _Operation, document: dict[str, Any]) -> Html:
    path, method, operation = of
    return tag(
        "article",
        tag("h3", _method(method), " ", tag("span", path, class_="path")),
        tag("p", inline(operation["summary"]), class_="summary"),
        prose(operation.get("description", "")),
        joined(_parts(operation, document["components"])),
        id=operation["operationId"],
    )


def _parts(operation: dict[str, Any], components: dict[str, Any]) -> Iterator[Html]:
    for needed in operation.get("security", ()):
        names = joined((tag("code", _sent_in(components["securitySchemes"][name])) for name in needed), ", ")
        yield tag("p", "Needs ", names, class_="soft")
    parameters = [each for each in operation["parameters"] if "$ref" not in each]
    if parameters:
        yield tag("h4", "Parameters")
        yield table(["name", "in", "type", ""], (_parameter(each) for each in parameters))
    if "requestBody" in operation:
        yield tag("h4", "Body")
        content = operation["requestBody"]["content"]
        yield tag("p", _bodies(content))
        named = components["schemas"].get(ref_of(content["application/json"]["schema"]), {})
        if named.get("properties"):
            yield table(["field", "type", ""], _fields(named))
    answers = {status: each for status, each in operation["responses"].items() if not _codes(each)}
    yield tag("h4", "Answers")
    yield table(["status", "body", ""], (_answer(*each) for each in answers.items()))
    errors = [each for each in operation["responses"].items() if _codes(each[1])]
    yield tag("p", "Errors: ", joined((_error(status, _codes(each)) for status, each in errors), ", "), class_="soft")


def _codes(answer: dict[str, Any]) -> list[str]:
    """Of an answer whose body is an error and nothing more."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    code = schema.get("properties", {}).get("error", {}).get("properties", {}).get("code", {})
    return [code["const"]] if "const" in code else list(code.get("enum", ()))


def _error(status: str, codes: list[str]) -> Html:
    return joined([status, " ", joined((tag("code", each) for each in codes), " ")])


def _errors(document: dict[str, Any]) -> Html:
    told: dict[tuple[str, str], list[str]] = {}
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, each in operation["responses"].items():
                for code in _codes(each):
                    told[status, code] = [tag("strong", status), tag("code", code), inline(each["description"])]
    return joined([tag("h2", "Errors"), table(["status", "code", ""], (told[key] for key in sorted(told)))])


def _parameter(of: dict[str, Any]) -> list[str]:
    required = tag("span", " required", class_="soft") if of.get("required") else ""
    name = joined([tag("code", of["name"]), required])
    return [name, of["in"], type_of(of["schema"]), _told(of.get("description", ""), of["schema"])]


def _answer(status: str, of: dict[str, Any]) -> list[str]:
    own = [tag("code", name) for name, header in of["headers"].items() if "$ref" not in header]
    body = _bodies(of["content"]) if "content" in of else tag("span", "none", class_="soft")
    told = joined([inline(of["description"]), *([" With ", joined(own, ", "), "."] if own else [])])
    return [tag("strong", status), body, told]


def _bodies(content: dict[str, Any]) -> Html:
    return joined((_body(*each) for each in content.items()), " or ")


def _body(media_type: str, content: dict[str, Any]) -> Html:
    return type_of(content["schema"]) if media_type == "application/json" else tag("code", media_type)


def _schema(name: str, schema: dict[str, Any]) -> Html:
    parts = [tag("h3", tag("span", name, class_="path")), prose(schema.get("description", ""))]
    if "enum" in schema:
        parts.append(tag("p", joined((tag("code", str(value)) for value in schema["enum"]), " ")))
    elif schema.get("properties"):
        parts.append(table(["field", "type", ""], _fields(schema)))
    else:
        parts.append(tag("p", type_of(schema)))
    return tag("article", *parts, id=schema_id(name))


def _fields(schema: dict[str, Any], prefix: str = "") -> Iterator[list[str]]:
    for name, of in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else tag("span", " optional", class_="soft")
        told = _told(of.get("description", ""), of)
        yield [joined([tag("code", prefix + name), optional]), type_of(of), told]
        if "properties" in of:
            yield from _fields(of, f"{prefix}{name}.")


def _told(description: str, schema: dict[str, Any]) -> Html:
    values = joined((tag("code", str(value)) for value in schema.get("enum", ())), " ")
    limits = limits_of(schema)
    own = tag("span", limits, class_="soft") if limits else ""
    return joined(filter(None, [inline(description), values, own]), " ")
