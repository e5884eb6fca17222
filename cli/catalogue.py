"""`errors`: the errors that a client may be told, as docs/errors.md."""

from gateway.catalogue import catalogue


def errors() -> int:
    print(catalogue(), end="")
    return 0
