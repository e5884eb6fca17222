"""Python as it is written, line by line, and what its names stand for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Lines:
    def __init__(self, names: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self.names = names
        self._depth = 0
        self._path = "path"
        """Of the object whose fields are written, as an expression."""

    def load(self) -> None:
        exec(compile("\n".join(self.lines), "<plan>", "exec"), self.names)  # noqa: S102  every line of it is ours
        self.lines.clear()

    @contextmanager
    def _block(self, depth: int = 1, *, at: str | None = None) -> Iterator[None]:
        """`at`: the path of the object whose fields are written in it."""
        path = self._path
        self._depth, self._path = self._depth + depth, at or path
        yield
        self._depth, self._path = self._depth - depth, path

    def _line(self, *texts: str) -> None:
        self.lines += ["    " * self._depth + each for each in texts]
