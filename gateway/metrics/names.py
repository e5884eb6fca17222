"""What an operation is called in a label: by its name where its document is trusted, and like all others where not.

A name alone says nothing, since anybody may give it to any document.
"""

from typing import NamedTuple

from graphql import OperationDefinitionNode

from gateway.metrics.operations import Label

AD_HOC = "ad-hoc"
UNKNOWN = "unknown"
MOST_CHARACTERS = 128


AD_HOC_LABELS = {each: Label(AD_HOC, each) for each in ("query", "mutation", "subscription")}
NO_OPERATION = Label(AD_HOC, UNKNOWN)


class Asked(NamedTuple):
    """An operation as metrics call it, and the name that its document gives it: for logs alone."""

    label: Label
    name: str | None


def asked(operation: OperationDefinitionNode | None, *, trusted: bool) -> Asked:
    if operation is None:
        return Asked(NO_OPERATION, None)
    name = _name(operation)
    of_type = operation.operation.value
    return Asked(Label(name, of_type) if trusted and name else AD_HOC_LABELS[of_type], name)


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value[:MOST_CHARACTERS] if operation.name else None
