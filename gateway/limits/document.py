"""How large a document may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """`comparisons` bounds validation where fields are merged; `kept_tokens` are of all documents that stay parsed."""

    characters: int = 65_536
    tokens: int = 1000
    depth: int = 10
    introspection_depth: int = 16
    aliases: int = 30
    root_fields: int = 20
    directives: int = 30
    fragments: int = 50
    comparisons: int = 10_000
    cost: int = 5000
    errors: int = 10
    kept_tokens: int = 50_000
    introspection: bool = True
    suggestions: bool = True


DEFAULT = DocumentLimits()
