"""Types of which the class of a value alone tells whether it is one: a list's items are asked once for each class."""

from collections.abc import Container
from typing import Any


class OfClasses:
    """`is_type_of` of a Strawberry type whose values are of these classes."""

    def __init__(self, *classes: type) -> None:
        self.classes = classes
        self.known: set[type] = set()

    def __call__(self, value: Any, _: Any) -> bool:
        return isinstance(value, self.classes)

    def knows(self, value: Any, among: Container[type]) -> bool:
        """Whether its class is one of both, which is remembered."""
        kind = value.__class__
        if kind not in among or not issubclass(kind, self.classes):
            return False
        self.known.add(kind)
        return True
