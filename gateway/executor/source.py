"""The Python that a plan becomes: a function for each object type at each place, and one for each bulk field's values.

A function takes the executor, the source object and the object's path, a chain of (previous, key, type name) that is
made a graphql-core Path only where one is needed. It answers the object, or a coroutine of it where something in it
has to be awaited. Each field's ordinary case is written out; for the rest it calls the executor.
"""

from types import CoroutineType
from typing import Any

from graphql import GraphQLOutputType, is_leaf_type, is_list_type, is_non_null_type, is_object_type
from graphql.type.introspection import TypeNameMetaFieldDef

from gateway.executor.calling import calling
from gateway.executor.leaves import Leaf, leaf
from gateway.executor.plan import BulkPlace, Compiled, Plan, Selected, Selection, nullable
from gateway.executor.reading import reading
from gateway.executor.running import PLAIN

_MISSING = object()


def compiled(plan: Plan, native: dict[str, type]) -> tuple[dict[int, Compiled], list[Compiled]]:
    """Functions by the identity of their grouped field sets, and those of the bulk fields' values."""
    writer = _Writer(native)
    for selection in plan.selections:
        writer.selection(selection, is_root=selection is plan.root)
    for place in plan.places:
        writer.place(place)
    names = writer.names
    exec(compile("\n".join(writer.lines), "<plan>", "exec"), names)  # noqa: S102  every line of it is ours
    return (
        {id(each.grouped): names[f"object_{each.index}"] for each in plan.selections},
        [names[f"place_{each.index}"] for each in plan.places],
    )


class _Writer:
    def __init__(self, native: dict[str, type]) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"PLAIN": PLAIN, "MISSING": _MISSING, "Coroutine": CoroutineType}
        self._native = native
        self._depth = 0

    def selection(self, selection: Selection, *, is_root: bool) -> None:
        self._line(f"def object_{selection.index}(run, source, path):")
        self._depth += 1
        self._line("waits = None")
        self._line("try:")
        self._depth += 1
        for each in selection.fields:
            self._field(each, is_root=is_root)
        pairs = ", ".join(f"{each.key!r}: value_{each.index}" for each in selection.fields)
        self._line(f"found = {{{pairs}}}")
        self._depth -= 1
        self._line("except Exception:")
        self._line("    run.abandon(waits)")
        self._line("    raise")
        for each in selection.fields:
            if each.bulk and not is_root:
                self._line(f"run.waiting[{each.bulk.index}].append((found, source, path))")
        self._line("return run.gathered(found, waits) if waits else found")
        self._depth -= 1

    def place(self, place: BulkPlace) -> None:
        self._line(f"def place_{place.index}(run, value, path):")
        self._depth += 1
        self._line("waits = None")
        self._completed(place.selected, "value")
        self._line(f"return value_{place.selected.index}")
        self._depth -= 1

    def _field(self, field: Selected, *, is_root: bool) -> None:
        target = f"value_{field.index}"
        self.names[f"field_{field.index}"] = field
        if field.definition is TypeNameMetaFieldDef:
            self._line(f"{target} = {field.parent.name!r}")
        elif is_root:
            self._executed(field)
        elif field.bulk:
            self._line(f"{target} = None")
        elif (read := reading(field, f"read_{field.index}")) is None:
            self._executed(field)
        else:
            self.names |= read.names
            self._completed(field, read.expression)

    def _executed(self, field: Selected) -> None:
        """By graphql-core, the resolver included, unless that is a coroutine function."""
        call = calling(field)
        if call:
            self.names[f"call_{field.index}"] = call
            self._line(f"value_{field.index} = run.called(field_{field.index}, call_{field.index}, source, path)")
        else:
            self._line(f"value_{field.index} = run.executed(field_{field.index}, source, path)")
        self._wait(field)

    def _completed(self, field: Selected, expression: str) -> None:
        """`expression` is the resolver's result. What fails is told as graphql-core tells it."""
        target = f"value_{field.index}"
        self.names[f"field_{field.index}"] = field
        may_be_null, kind = not is_non_null_type(field.type), nullable(field.type)
        self._line("try:")
        self._depth += 1
        self._line(f"{target} = {expression}")
        if may_be_null:
            self._line(f"if {target} is not None:")
            self._depth += 1
        self._value(field, kind, target)
        self._depth -= 2 if may_be_null else 1
        self._line("except Exception as error:")
        self._line(f"    {target} = run.failed(field_{field.index}, path, error)")

    def _value(self, field: Selected, kind: GraphQLOutputType, target: str) -> None:
        converts = self._leaf(field, kind)
        if converts:
            self._line(f"if {converts.ordinary.format(v=target)}:")
            self._line(f"    {target} = {converts.converted.format(v=target)}")
        elif is_object_type(kind):
            self._object(field, target)
        elif is_list_type(kind):
            item = nullable(kind.of_type)
            converts = self._leaf(field, item)
            if not (converts or is_object_type(item)):
                self._slow(field, target, "")
                return
            self._leaves(target, converts) if converts else self._objects(field, target)
        else:
            self._slow(field, target, "")
            return
        self._slow(field, target, "else:")

    def _slow(self, field: Selected, target: str, otherwise: str) -> None:
        if otherwise:
            self._line(otherwise)
            self._depth += 1
        settled = ", settled=True" if field.bulk else ""
        self._line(f"{target} = run.completed(field_{field.index}, path, {target}{settled})")
        self._wait(field)
        self._depth -= 1 if otherwise else 0

    def _wait(self, field: Selected) -> None:
        target = f"value_{field.index}"
        self._line(f"if {target}.__class__ is Coroutine:")
        self._line(f"    waits = run.wait(waits, {field.key!r}, {target})")

    def _leaf(self, field: Selected, kind: GraphQLOutputType) -> Leaf | None:
        found = leaf(kind, self._native, f"leaf_{field.index}") if is_leaf_type(kind) else None
        self.names |= found.names if found else {}
        return found

    def _leaves(self, target: str, converts: Leaf) -> None:
        """A list with one item out of the ordinary goes graphql-core's way as a whole."""
        ordinary, converted = converts.ordinary.format(v="item"), converts.converted.format(v="item")
        self._line(
            f"items = [{converted} if {ordinary} else MISSING for item in {target}] "
            f"if {target}.__class__ is list else [MISSING]"
        )
        self._line("if MISSING not in items:")
        self._line(f"    {target} = items")

    def _object(self, field: Selected, target: str) -> None:
        [inside] = field.objects.values()
        is_type = self._is_type(inside, target, f"run.info(field_{field.index}, path)")
        self._line(f"if {target}.__class__ in PLAIN{is_type}:")
        self._depth += 1
        self._line(f"{target} = object_{inside.index}(run, {target}, (path, {field.key!r}, {field.parent.name!r}))")
        self._line(f"if {target}.__class__ is Coroutine:")
        self._line(f"    {target} = run.awaited(field_{field.index}, path, {target})")
        self._line(f"    waits = run.wait(waits, {field.key!r}, {target})")
        self._depth -= 1

    def _objects(self, field: Selected, target: str) -> None:
        [inside] = field.objects.values()
        is_type = self._is_type(inside, "item", "info")
        self._line(f"if {target}.__class__ is list:")
        self._depth += 1
        if is_type:
            self._line(f"info = run.info(field_{field.index}, path)")
        self._line(f"here, items, late, number = (path, {field.key!r}, {field.parent.name!r}), [], None, 0")
        self._line("try:")
        self._line(f"    for item in {target}:")
        self._depth += 2
        if is_type:
            self._line("try:")
            self._line(f"    plain = item.__class__ in PLAIN{is_type}")
            self._line("except Exception:")
            self._line("    plain = False  # graphql-core asks again, and tells")
        self._line("if plain:" if is_type else "if item.__class__ in PLAIN:")
        self._line("    try:")
        self._line(f"        done = object_{inside.index}(run, item, (here, number, None))")
        self._line("        if done.__class__ is Coroutine:")
        self._line(f"            done = run.awaited_item(field_{field.index}, here, number, done)")
        self._line("            late = run.late(late, number)")
        self._line("    except Exception as error:")
        self._line(f"        done = run.failed_item(field_{field.index}, here, number, error)")
        self._line("    items.append(done)")
        self._line(f"elif run.item(field_{field.index}, here, number, item, items):")
        self._line("    late = run.late(late, number)")
        self._line("number += 1")
        self._depth -= 2
        self._line("except Exception:")
        self._line(f"    run.abandon_items(items, late, {target}, number)")
        self._line("    raise")
        self._line("if late:")
        self._line(f"    {target} = run.awaited(field_{field.index}, path, run.items(items, late))")
        self._line(f"    waits = run.wait(waits, {field.key!r}, {target})")
        self._line("else:")
        self._line(f"    {target} = items")
        self._depth -= 1

    def _is_type(self, inside: Selection, target: str, info: str) -> str:
        """A further condition for a type that looks at its values."""
        if not inside.type.is_type_of:
            return ""
        self.names[f"is_{inside.index}"] = inside.type.is_type_of
        return f" and is_{inside.index}({target}, {info}) is True"

    def _line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)
