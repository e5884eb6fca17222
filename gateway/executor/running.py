"""graphql-core's executor, which enters the plan's functions wherever it executes the fields of an object."""

import inspect
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution.executor import collect_iterator_awaitables
from graphql.pyutils import Path, gather_with_cancel, is_awaitable

from gateway.executor.beginning import Begun
from gateway.executor.calling import Call, arguments_of, info_of
from gateway.executor.paths import Chain, chained, of_first, path_at
from gateway.executor.plan import BulkPlace, Selected

Waits = list[tuple[str, Awaitable[Any]]]

PLAIN: set[type] = set()
"""Classes of objects that are neither exceptions nor awaitable; met ones are added, up to a limit."""
_MOST_CLASSES = 10_000


def remember(value: Any) -> None:
    """The class may not decide by itself what attributes its objects have."""
    kind = type(value)
    own = {"__await__", "__getattr__"}.isdisjoint(dir(kind)) and not isinstance(value, BaseException)
    itself = vars(object)["__getattribute__"] is inspect.getattr_static(kind, "__getattribute__")
    if own and itself and kind.__module__ not in {"types", "builtins"} and len(PLAIN) < _MOST_CLASSES:
        PLAIN.add(kind)


class PlanExecutor(Begun):
    def enter(self) -> Any:
        """An ExecutionResult, or an awaitable of one, as `execute_operation` answers it."""
        root = self.plan.root
        try:
            if self.plan.serial:
                done: Any = self.execute_fields_serially(root.type, self.root_value, None, root.grouped, None)
                done = done if done.__class__ is dict else self._later(done)
            else:
                done = self.plan.functions[id(root.grouped)](self, self.root_value, None)
        except GraphQLError as error:
            return self._response(error)
        return self.build_response(done) if done.__class__ is dict else done

    async def _later(self, data: Awaitable[dict[str, Any]]) -> ExecutionResult:
        try:
            return self.build_response(await data)
        except GraphQLError as error:
            return self._response(error)

    async def whole(self, found: dict[str, Any], waits: Waits) -> ExecutionResult:
        """The answer, of the operation's own fields."""
        try:
            if len(waits) == 1:
                [(key, awaitable)] = waits
                found[key] = await awaitable
            else:
                await self.gathered(found, waits)
            return self.build_response(found)
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
        if places and (is_awaitable(result) or any(self.waiting[each.index][0] for each in places)):
            return self._staged(result, places)
        return result

    # what the functions call where a value is not what they were made for

    def executed(self, field: Selected, source: Any, chain: Chain | None) -> Any:
        path = path_at(field, chain)
        return self.execute_field(field.parent, source, field.details, path, None)

    def called(self, field: Selected, call: Call, source: Any, chain: Chain | None) -> Any:
        """A coroutine function's field, as `execute_field` does it."""
        info = info_of(self, field, chain)
        try:
            arguments = self.coerced.arguments.get(field.index)
            if arguments is None:
                arguments = arguments_of(self, field, info)
        except Exception:  # noqa: BLE001  told in its own place and time
            return self.executed(field, source, chain)
        return self._answered(field, chain, call, (source, info, arguments))

    async def _answered(
        self, field: Selected, chain: Chain | None, call: Call, asked: tuple[Any, Any, Mapping[str, Any]]
    ) -> Any:
        """As `complete_awaitable_value` does it; the resolver is not called before this is awaited."""
        try:
            value = await call.make(*asked)
            function = self.shared.objects.get(field.index)
            if function and value.__class__ in PLAIN:
                done = function(self, value, (chain, field.key, field.parent.name))
            else:
                info = self.info(field, chain)
                done = self.complete_value(field.type, field.details, info, info.path, value, None)
            if done.__class__ is not dict and is_awaitable(done):
                done = await done
        except Exception as error:  # noqa: BLE001  told, or raised again where null is not allowed
            self.failed(field, chain, error)
            done = None
        if chain is None and (filling := self._filling(self.plan.stages[field.key])):
            value = None  # may be large, and is read
            await filling
        return done

    def completed(self, field: Selected, chain: Chain | None, result: Any, *, settled: bool = False) -> Any:
        """What `execute_field` makes of a resolver's result; `settled`: of one that has been awaited."""
        info = self.info(field, chain)
        if not settled and is_awaitable(result):
            return self.complete_awaitable_value(field.type, field.details, info, info.path, result, None)
        done = self.complete_value(field.type, field.details, info, info.path, result, None)
        return self.awaited(field, chain, done) if is_awaitable(done) else done

    async def awaited(self, field: Selected, chain: Chain | None, done: Awaitable[Any]) -> Any:
        try:
            return await done
        except Exception as error:  # noqa: BLE001  told, or raised again where null is not allowed
            return self.failed(field, chain, error)

    def failed(self, field: Selected, chain: Chain | None, error: Exception) -> None:
        path = path_at(field, chain)
        self.handle_field_error(error, field.type, field.details, path)

    # lists of objects

    def item(self, field: Selected, here: Chain, number: int, item: Any, items: list[Any]) -> bool:
        """Completed by graphql-core and appended; True where it is to be awaited."""
        path = chained(here)
        info = self.info(field, here[0])
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
        self.handle_field_error(error, field.item_type, field.details, chained(here).add_key(number, None))

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

    async def gathered(self, found: dict[str, Any], waits: Waits) -> dict[str, Any]:
        if len(waits) == 1:
            [(key, awaitable)] = waits
            found[key] = await awaitable
            return found
        values = await gather_with_cancel(*[each for _, each in waits])
        found.update(zip((key for key, _ in waits), values, strict=True))
        return found

    def wait(self, places: Sequence[int], here: Chain, items: list[Any], sources: list[Any], first: int) -> int:
        """The bulk fields of a list's items do from the first of these on. Answers the number after the next item's."""
        end = len(items)
        if first < end:
            for each in places:
                waiting, of = self.waiting[each]
                waiting.append((items[first:end], here, first))
                of += sources[first:end]
        return end + 1

    def abandon(self, waits: Waits | None) -> None:
        if waits:
            self.settle_in_background([each for _, each in waits])

    # bulk fields

    async def _staged(self, result: Any, places: Sequence[BulkPlace]) -> Any:
        if is_awaitable(result):
            result = await result
        if filling := self._filling(places):
            await filling
        return result

    def _filling(self, places: Sequence[BulkPlace]) -> Awaitable[Any] | None:
        due = [each for each in places if self.waiting[each.index][0]]
        if len(due) == 1:
            return self._fill(due[0])
        return gather_with_cancel(*[self._fill(each) for each in due]) if due else None

    async def _fill(self, place: BulkPlace) -> None:
        """Of all its parents at once, and then of the places inside."""
        waiting, sources = self.waiting[place.index]
        self.waiting[place.index] = [], []
        field, count = place.selected, len(sources)
        values: Sequence[Any]
        try:
            info = info_of(self, field, of_first(waiting[0]))
            arguments = self.coerced.arguments.get(field.index)
            if arguments is None:
                arguments = arguments_of(self, field, info)
            resolving = place.resolve(sources, info, **arguments)
            del sources  # nothing else may need them while this waits
            values = await resolving
        except Exception as error:  # noqa: BLE001  every parent's field fails with it
            values = [error] * count
        if len(values) != count:
            values = [ValueError(f"{len(values)} values for {count} parents")] * count
        late = self.shared.places[place.index](self, waiting, values)
        if late:
            for (found, _), value in zip(late, await _together([done for _, done in late]), strict=True):
                found[field.key] = value
        if place.inside and (filling := self._filling(place.inside)):
            await filling


async def _together(awaitables: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    if len(awaitables) == 1:
        return [await awaitables[0]]
    return await gather_with_cancel(*awaitables)
