"""The Python that a plan becomes: a function for each object type at each place, and for each list and bulk field.

A function takes the executor, the source object and the object's path, a chain of (previous, key, type name) that is
made a graphql-core Path only where one is needed. It answers the object, or a coroutine of it where something in it
has to be awaited. Each field's ordinary case is written out; for the rest it calls the executor. A list's function has
its items' fields written out as well, and a bulk field's the fields of its values, so that a row is one turn of a loop.
"""

from itertools import count
from types import CoroutineType
from typing import Any

from graphql import GraphQLOutputType, is_leaf_type, is_list_type, is_nullable_type, is_object_type
from graphql.type.introspection import TypeNameMetaFieldDef

from gateway.executor.calling import calling
from gateway.executor.kinds import OfClasses
from gateway.executor.leaves import Leaf, leaf
from gateway.executor.lines import Lines
from gateway.executor.plan import BulkPlace, Compiled, Plan, Selected, Selection, nullable
from gateway.executor.reading import reading
from gateway.executor.running import PLAIN
from gateway.executor.waiting import alone, places_of, together

_NAMES = {"PLAIN": PLAIN, "MISSING": object(), "Coroutine": CoroutineType, "count": count}


def compiled(plan: Plan, native: dict[str, type]) -> tuple[dict[int, Compiled], list[Compiled]]:
    """Functions by the identity of their grouped field sets, and those of the bulk fields' values."""
    writer = _Writer(native)
    for selection in plan.selections:
        writer.lists(selection, is_root=selection is plan.root)
    for place in plan.places:
        writer.place(place)
    for selection in plan.selections:
        if selection.index not in writer.written_out:
            writer.selection(selection, is_root=selection is plan.root)
    writer.load()
    return (
        {id(each.grouped): writer.function(each) for each in plan.selections},
        [writer.names[f"place_{each.index}"] for each in plan.places],
    )


class _Writer(Lines):
    def __init__(self, native: dict[str, type]) -> None:
        super().__init__({**_NAMES})
        self.written_out: set[int] = set()
        """Objects whose fields are written where they are met."""
        self._native = native

    def function(self, selection: Selection) -> Compiled:
        """Of an object. What is written out elsewhere, only graphql-core may ask for: it is made when it does."""
        name = f"object_{selection.index}"

        def made(*given: Any) -> Any:
            if name not in self.names:
                self.selection(selection, is_root=False)
                self.load()
            return self.names[name](*given)

        found: Compiled = self.names.get(name, made)
        return found

    def lists(self, selection: Selection, *, is_root: bool) -> None:
        for each in selection.fields:
            if not is_root and is_list_type(nullable(each.type)) and is_object_type(nullable(each.item_type)):
                self._list(each)

    def selection(self, selection: Selection, *, is_root: bool) -> None:
        self._line(f"def object_{selection.index}(run, source, path):")
        with self._block(at="path"):
            self._fields(selection, is_root=is_root)
            if not is_root:
                self._line(*alone(selection, self._path))
            self._line(f"return run.{'whole' if is_root else 'gathered'}(found, waits) if waits else found")

    def place(self, place: BulkPlace) -> None:
        """Of all values; answers the objects that have something to be awaited, with what that is."""
        field = place.selected
        self._line(f"def place_{place.index}(run, waiting, values):")
        with self._block():
            self._line("late, values = [], iter(values)")
            self._line("for objects, here, first in waiting:")
            self._line("    for parent, number, value in zip(objects, count(first or 0), values):")
            with self._block(2, at="(here if first is None else (here, number, None))"):
                self._line("waits = None")
                self._completed(field, "value", of_place=True)
                self._line(f"parent[{field.key!r}] = value_{field.index}")
                self._line(f"if value_{field.index}.__class__ is Coroutine:")
                self._line(f"    late.append((parent, value_{field.index}))")
            self._line("return late")

    def _fields(self, selection: Selection, *, is_root: bool = False) -> None:
        """From `source` to `found`, and `waits` where something is to be awaited."""
        self._line("waits = None")
        self._line("try:")
        with self._block():
            for each in selection.fields:
                self._field(each, is_root=is_root)
            pairs = ", ".join(f"{each.key!r}: value_{each.index}" for each in selection.fields)
            self._line(f"found = {{{pairs}}}")
        self._line("except Exception:")
        self._line("    run.abandon(waits)")
        self._line("    raise")

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
        call, of = calling(field), f"field_{field.index}"
        if call:
            self.names[f"call_{field.index}"] = call
            self._line(f"value_{field.index} = run.called({of}, call_{field.index}, source, {self._path})")
        else:
            self._line(f"value_{field.index} = run.executed({of}, source, {self._path})")
        self._wait(field)

    def _completed(self, field: Selected, expression: str, *, of_place: bool = False) -> None:
        """`expression` is the resolver's result. What fails is told as graphql-core tells it."""
        target = f"value_{field.index}"
        self.names[f"field_{field.index}"] = field
        self._line("try:")
        with self._block():
            self._line(f"{target} = {expression}")
            self._value(field, nullable(field.type), target, of_place=of_place)
        self._line("except Exception as error:")
        self._line(f"    {target} = run.failed(field_{field.index}, {self._path}, error)")

    def _value(self, field: Selected, kind: GraphQLOutputType, target: str, *, of_place: bool) -> None:
        """The ordinary case as a condition; what is left, but for null where it may be, is slow."""
        left = f"{target} is not None" if is_nullable_type(field.type) else ""
        converts = self._leaf(field, kind)
        if converts:
            self._converted(converts, target)
        elif is_object_type(kind):
            self._object(field, target, inline=of_place)
        elif is_list_type(kind) and is_object_type(nullable(kind.of_type)):
            self._objects(field, target)
        elif is_list_type(kind) and (converts := self._leaf(field, nullable(kind.of_type))):
            self._leaves(target, converts)
        else:
            self._line(f"if {left or True}:")
            self._slow(field, target)
            return
        self._line(f"elif {left}:" if left else "else:")
        self._slow(field, target)

    def _slow(self, field: Selected, target: str) -> None:
        settled = ", settled=True" if field.bulk else ""
        with self._block():
            self._line(f"{target} = run.completed(field_{field.index}, {self._path}, {target}{settled})")
            self._wait(field)

    def _wait(self, field: Selected) -> None:
        target = f"value_{field.index}"
        self._line(f"if {target}.__class__ is Coroutine:")
        self._line(f"    waits = [*(waits or ()), ({field.key!r}, {target})]")

    def _leaf(self, field: Selected, kind: GraphQLOutputType) -> Leaf | None:
        found = leaf(kind, self._native, f"leaf_{field.index}") if is_leaf_type(kind) else None
        self.names |= found.names if found else {}
        return found

    def _converted(self, converts: Leaf, target: str) -> None:
        converted = converts.converted.format(v=target)
        self._line(f"if {converts.ordinary.format(v=target)}:")
        self._line("    pass" if converted == target else f"    {target} = {converted}")

    def _leaves(self, target: str, converts: Leaf) -> None:
        """A list with one item out of the ordinary goes graphql-core's way as a whole."""
        ordinary, converted = converts.ordinary.format(v="item"), converts.converted.format(v="item")
        listed = f"[{converted} if {ordinary} else MISSING for item in {target}]"
        self._line(f"if {target}.__class__ is list and MISSING not in (leaves := {listed}):")
        self._line(f"    {target} = leaves")

    def _object(self, field: Selected, target: str, *, inline: bool) -> None:
        [inside] = field.objects.values()
        at = f"({self._path}, {field.key!r}, {field.parent.name!r})"
        self._line(f"if {self._plain(inside, target, f'run.info(field_{field.index}, {self._path})')}:")
        with self._block():
            if inline:
                self._line(f"source = {target}")
                self.written_out.add(inside.index)
                with self._block(0, at=at):
                    self._fields(inside)
                    self._line(*alone(inside, self._path))
                self._line(f"{target} = run.gathered(found, waits) if waits else found")
            else:
                self._line(f"{target} = object_{inside.index}(run, {target}, {at})")
            self._line(f"if {target}.__class__ is Coroutine:")
            self._line(f"    {target} = run.awaited(field_{field.index}, {self._path}, {target})")
            self._line(f"    waits = [*(waits or ()), ({field.key!r}, {target})]")

    def _objects(self, field: Selected, target: str) -> None:
        self._line(f"if {target}.__class__ is list:")
        with self._block():
            self._line(f"{target} = list_{field.index}(run, {target}, {self._path})")
            self._wait(field)

    def _list(self, field: Selected) -> None:
        """Of what is a list. One item more has been looked at than there are `items` when something fails."""
        [inside] = field.objects.values()
        self.written_out.add(inside.index)
        self.names[f"field_{field.index}"] = field
        of, here = f"field_{field.index}", f"(path, {field.key!r}, {field.parent.name!r})"
        self._line(f"def list_{field.index}(run, values, path):")
        with self._block(at="(here, len(items), None)"):
            self._line(f"here, items, late = {here}, [], None")
            if places_of(inside):
                self._line("values, first = [*values], 0")
            self._line("try:")
            with self._block():
                if looks_at_values(inside):
                    self._line(f"info = run.info({of}, path)")
                self._line("for source in values:")
                with self._block():
                    self._item(inside, of)
            self._line("except Exception:")
            self._line("    run.abandon_items(items, late, values, len(items))")
            self._line("    raise")
            if places_of(inside):
                self._line("finally:")
                with self._block():
                    self._line(*together(inside))
            self._line(f"return run.awaited({of}, path, run.items(items, late)) if late else items")

    def _item(self, inside: Selection, of: str) -> None:
        condition = self._plain(inside, "source", "info")
        if looks_at_values(inside):
            self._line("try:")
            self._line(f"    plain = {condition}")
            self._line("except Exception:")
            self._line("    plain = False  # graphql-core asks again, and tells")
            condition = "plain"
        self._line(f"if {condition}:")
        with self._block():
            self._line("try:")
            with self._block():
                self._fields(inside)
                self._line("if waits:")
                with self._block():
                    self._line(*together(inside))
                    self._line(*alone(inside, self._path))
                    self._line(f"found = run.awaited_item({of}, here, len(items), run.gathered(found, waits))")
                    self._line("late = run.late(late, len(items))")
            self._line("except Exception as error:")
            with self._block():
                self._line(*together(inside))
                self._line(f"found = run.failed_item({of}, here, len(items), error)")
            self._line("items.append(found)")
        self._line("else:")
        with self._block():
            self._line(*together(inside))
            self._line(f"if run.item({of}, here, len(items), source, items):")
            self._line("    late = run.late(late, len(items) - 1)")

    def _plain(self, inside: Selection, target: str, info: str) -> str:
        """The condition that `target` is an object of the type, and neither an exception nor awaitable."""
        is_type = inside.type.is_type_of
        if is_type is None:
            return f"{target}.__class__ in PLAIN"
        self.names[f"is_{inside.index}"] = is_type
        if isinstance(is_type, OfClasses):
            self.names[f"known_{inside.index}"] = is_type.known
            return f"{target}.__class__ in known_{inside.index} or is_{inside.index}.knows({target}, PLAIN)"
        return f"{target}.__class__ in PLAIN and is_{inside.index}({target}, {info}) is True"


def looks_at_values(selection: Selection) -> bool:
    """To tell whether they are of its type."""
    return not (selection.type.is_type_of is None or isinstance(selection.type.is_type_of, OfClasses))
