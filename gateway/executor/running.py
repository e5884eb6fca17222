"""graphql-core's executor, which enters the plan's functions wherever it executes the fields of an object."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.executor import collect_iterator_awaitables
from graphql.pyutils import Path, gather_with_cancel, is_awaitable

from gateway.executor.calling import Call, arguments_of, info_of
from gateway.executor.plan import BulkPlace, Compiled, Plan, Selected
from gateway.executor.variables import Coerced

Chain = tuple[Any, str | int, str | None]
Waits = list[tuple[str, Awaitable[Any]]]

PLAIN: set[type] = set()
"""Classes of objects that are neither exceptions nor awaitable; met ones are added, up to a limit."""
_MOST_CLASSES = 10_000


def path_of(chain: Chain | None) -> Path | None:
    return None if chain is None else Path(path_of(chain[0]), chain[1], chain[2])


def _path(chain: Chain) -> Path:
    return Path(path_of(chain[0]), chain[1], chain[2])


def remember(value: Any) -> None:
    """The class may not decide by itself what attributes its objects have."""
    kind = type(value)
    own = {"__await__", "__getattr__"}.isdisjoint(dir(kind)) and not isinstance(value, BaseException)
    itself = vars(object)["__getattribute__"] is inspect.getattr_static(kind, "__getattribute__")
    if own and itself and kind.__module__ not in {"types", "builtins"} and len(PLAIN) < _MOST_CLASSES:
        PLAIN.add(kind)


class PlanExecutor(Executor[None]):
    """`waiting`: by bulk place the objects whose field is still to be filled, with their sources and paths."""

    plan: Plan
    places: Sequence[Compiled]
    coerced: Coerced
    waiting: list[list[tuple[dict[str, Any], Any, Chain]]]

    def enter(self, plan: Plan, places: Sequence[Compiled], coerced: Coerced) -> Any:
        """An ExecutionResult, or an awaitable of one, as `execute_operation` answers it."""
        self.plan, self.places, self.coerced = plan, places, coerced
        self.waiting = [[] for _ in plan.places]
        self._relevant_sub_fields = plan.sub_fields
        run = self.execute_fields_serially if plan.serial else self.execute_fields
        try:
            data: Any = run(plan.root.type, self.root_value, None, plan.root.grouped, None)
        except GraphQLError as error:
            return self._response(error)
        return self._later(data) if is_awaitable(data) else self.build_response(data)

    async def _later(self, data: Awaitable[dict[str, Any]]) -> Any:
        try:
            return self.build_response(await data)
        except GraphQLError as error:
            return self._response(error)

    def _response(self, error: GraphQLError) -> ExecutionResult:
        self.collected_errors.add(error, None)
        return ExecutionResult(None, self.collected_errors.errors)

    # what graphql-core does by itself, unless there is a function for it

    def execute_fields(self, parent: Any, source: Any, path: Any, grouped: Any, position: Any) -> Any:
        function = self.plan.functions.get(id(grouped))
        if function is None:
            return super().execute_fields(parent, source, path, grouped, position)
        if source is not None and source.__class__ not in PLAIN:
            remember(source)
        return function(self, source, path)

    def execute_field(self, parent: Any, source: Any, details: Any, path: Path, position: Any) -> Any:
        return self.staged(path, super().execute_field(parent, source, details, path, position))

    def staged(self, path: Path, result: Any) -> Any:
        """A root field is done when the bulk fields under it are."""
        places = self.plan.stages.get(str(path.key), ()) if path.prev is None else ()
        if places and (is_awaitable(result) or any(self.waiting[each.index] for each in places)):
            return self._staged(result, places)
        return result

    # what the functions call where a value is not what they were made for

    def executed(self, field: Selected, source: Any, chain: Chain | None) -> Any:
        path = Path(path_of(chain), field.key, field.parent.name)
        return self.execute_field(field.parent, source, field.details, path, None)

    def called(self, field: Selected, call: Call, source: Any, chain: Chain | None) -> Any:
        """A coroutine function's field, as `execute_field` does it."""
        path = Path(path_of(chain), field.key, field.parent.name)
        raw = self._info(field, path)
        try:
            info, arguments = self._asked(field, raw)
        except Exception:  # noqa: BLE001  told in its own place and time
            return self.execute_field(field.parent, source, field.details, path, None)
        return self.staged(path, self._answered(field, raw, lambda: call.make(source, info, arguments)))

    async def _answered(
        self, field: Selected, raw: GraphQLResolveInfo[Any], resolve: Callable[[], Awaitable[Any]]
    ) -> Any:
        """As `complete_awaitable_value` does it; the resolver is not called before this is awaited."""
        kind, details, path = field.type, field.details, raw.path
        try:
            done = self.complete_value(kind, details, raw, path, await resolve(), None)
            return await done if is_awaitable(done) else done
        except Exception as error:  # noqa: BLE001  told, or raised again where null is not allowed
            self.handle_field_error(error, kind, details, path)

    def _asked(self, field: Selected, raw: GraphQLResolveInfo[Any]) -> tuple[Any, Mapping[str, Any]]:
        strawberry = field.strawberry
        assert strawberry
        info = info_of(raw, strawberry)
        return info, arguments_of(field, strawberry, info, self.coerced, hide_suggestions=self.hide_suggestions)

    def completed(self, field: Selected, chain: Chain | None, result: Any, *, settled: bool = False) -> Any:
        """What `execute_field` makes of a resolver's result; `settled`: of one that has been awaited."""
        path = Path(path_of(chain), field.key, field.parent.name)
        info = self._info(field, path)
        if not settled and is_awaitable(result):
            return self.complete_awaitable_value(field.type, field.details, info, path, result, None)
        done = self.complete_value(field.type, field.details, info, path, result, None)
        return self.awaited(field, chain, done) if is_awaitable(done) else done

    async def awaited(self, field: Selected, chain: Chain | None, done: Awaitable[Any]) -> Any:
        try:
            return await done
        except Exception as error:  # noqa: BLE001  told, or raised again where null is not allowed
            return self.failed(field, chain, error)

    def failed(self, field: Selected, chain: Chain | None, error: Exception) -> None:
        path = Path(path_of(chain), field.key, field.parent.name)
        self.handle_field_error(error, field.type, field.details, path)

    def info(self, field: Selected, chain: Chain | None) -> GraphQLResolveInfo[Any]:
        return self._info(field, Path(path_of(chain), field.key, field.parent.name))

    def _info(self, field: Selected, path: Path) -> GraphQLResolveInfo[Any]:
        """What it has is whoever's gets it, to be changed even."""
        return self.build_resolve_info(field.definition, [*field.nodes], field.parent, path)

    # lists of objects

    def item(self, field: Selected, here: Chain, number: int, item: Any, items: list[Any]) -> bool:
        """Completed by graphql-core and appended; True where it is to be awaited."""
        path = _path(here)
        info = self._info(field, path)
        at = path.add_key(number, None)
        if is_awaitable(item):
            items.append(self.complete_awaitable_list_item_value(item, field.item_type, field.details, info, at, None))
            return True
        return self.complete_list_item_value(item, items, field.item_type, field.details, info, at, None)

    async def awaited_item(self, field: Selected, here: Chain, number: int, done: Awaitable[Any]) -> Any:
        try:
            return await done
        except Exception as error:  # noqa: BLE001  as above
            return self.failed_item(field, here, number, error)

    def failed_item(self, field: Selected, here: Chain, number: int, error: Exception) -> None:
        self.handle_field_error(error, field.item_type, field.details, _path(here).add_key(number, None))

    def late(self, late: list[int] | None, number: int) -> list[int]:
        return [number] if late is None else [*late, number]

    async def items(self, items: list[Any], late: list[int]) -> list[Any]:
        found = await _together([items[number] for number in late])
        for number, value in zip(late, found, strict=True):
            items[number] = value
        return items

    def abandon_items(self, items: list[Any], late: list[int] | None, of: list[Any], number: int) -> None:
        """What is to be awaited in a list that failed must be settled all the same."""
        rest = collect_iterator_awaitables(iter(of[number + 1 :]), is_awaitable)
        left = [*(items[at] for at in late or ()), *rest]
        if left:
            self.settle_in_background(left)

    # objects of which something is to be awaited

    def wait(self, waits: Waits | None, key: str, awaitable: Awaitable[Any]) -> Waits:
        return [*(waits or ()), (key, awaitable)]

    async def gathered(self, found: dict[str, Any], waits: Waits) -> dict[str, Any]:
        values = await _together([each for _, each in waits])
        found.update(zip((key for key, _ in waits), values, strict=True))
        return found

    def abandon(self, waits: Waits | None) -> None:
        if waits:
            self.settle_in_background([each for _, each in waits])

    # bulk fields

    async def _staged(self, result: Any, places: Sequence[BulkPlace]) -> Any:
        if is_awaitable(result):
            result = await result
        await self._fill_all(places)
        return result

    async def _fill_all(self, places: Sequence[BulkPlace]) -> None:
        due = [each for each in places if self.waiting[each.index]]
        if due:
            await _together([self._fill(each) for each in due])

    async def _fill(self, place: BulkPlace) -> None:
        """Of all its parents at once, and then of the places inside."""
        entries, self.waiting[place.index] = self.waiting[place.index], []
        complete, key = self.places[place.index], place.selected.key
        late = []
        for (found, _, chain), value in zip(entries, await self._values(place, entries), strict=True):
            done = complete(self, value, chain)
            found[key] = done
            if done.__class__ is not dict and is_awaitable(done):
                late.append((found, done))
        if late:
            for (found, _), value in zip(late, await _together([done for _, done in late]), strict=True):
                found[key] = value
        await self._fill_all(place.inside)

    async def _values(self, place: BulkPlace, entries: Sequence[tuple[dict[str, Any], Any, Chain]]) -> Sequence[Any]:
        """An exception for each where there are no values."""
        try:
            values = await self._resolved(place, [source for _, source, _ in entries], entries[0][2])
        except Exception as error:  # noqa: BLE001  every parent's field fails with it
            return [error] * len(entries)
        if len(values) != len(entries):
            return [ValueError(f"{len(values)} values for {len(entries)} parents")] * len(entries)
        return values

    async def _resolved(self, place: BulkPlace, sources: Sequence[Any], chain: Chain) -> Sequence[Any]:
        info, arguments = self._asked(place.selected, self.info(place.selected, chain))
        return await place.resolve(sources, info, **arguments)


async def _together(awaitables: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    if len(awaitables) == 1:
        return [await awaitables[0]]
    return await gather_with_cancel(*awaitables)
