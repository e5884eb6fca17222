"""GraphQL documents that the project itself uses."""

from importlib import resources


def document(name: str) -> str:
    return resources.files(__name__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")
