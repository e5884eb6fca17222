"""Manifests of trusted documents, as the build of a client writes them: texts by `sha256:` and their hash."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

PREFIX = "sha256:"


class ManifestError(ValueError):
    """The gateway cannot start with it; the message names the file and the document."""


class Listed(NamedTuple):
    manifest: Path
    digest: str
    text: str

    def error(self, complaint: str) -> ManifestError:
        return ManifestError(f"{self.manifest}: {PREFIX}{self.digest}: {complaint}")


def digest_of(text: str) -> str:
    """As the specification has it: lower case hexadecimal SHA-256 of the text in UTF-8."""
    return sha256(text.encode()).hexdigest()


def listed(manifests: Sequence[Path]) -> Iterator[Listed]:
    """Raises ManifestError for a file that is none, and for a document under another hash than its own."""
    for path in manifests:
        for key, text in _read(path).items():
            digest = digest_of(text)
            if key != PREFIX + digest:
                raise ManifestError(f"{path}: {key[:100]!r} is not the hash of its document, which is {PREFIX}{digest}")
            yield Listed(path, digest, text)


def _read(path: Path) -> dict[str, str]:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ManifestError(f'{path} is no manifest, which is JSON: {{"{PREFIX}…": "text"}}') from None
    if not found:
        raise ManifestError(f"{path} lists no documents")
    return found
