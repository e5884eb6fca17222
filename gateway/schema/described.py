"""What things mean to a client, said where the graph is made: the contracts know nothing of the graph."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def described(**fields: str) -> Callable[[type[T]], type[T]]:
    """Descriptions of the fields that a type inherits, by their Python names; above `@strawberry.type`."""

    def decorate(made: type[T]) -> type[T]:
        definition: Any = getattr(made, "__strawberry_definition__")  # noqa: B009  nothing that a type checker knows
        by_name = {each.python_name: each for each in definition.fields}
        for name, description in fields.items():
            by_name[name].description = description
        return made

    return decorate
