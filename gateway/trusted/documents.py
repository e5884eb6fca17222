"""The one place where what a request asks for becomes a document that can be executed."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Literal

from graphql import GraphQLError, OperationDefinitionNode

from gateway.context import Identity
from gateway.errors import PersistedQueryNotFoundError, PersistedQueryNotSupportedError
from gateway.execution import Engine, Prepared
from gateway.http.request import GraphQLRequest
from gateway.settings import GatewaySettings
from gateway.trusted.kept import Kept
from gateway.trusted.manifest import Listed, digest_of, listed
from gateway.trusted.naming import DOCUMENT_ID, Named, named
from kit.errors import AuthorizationError, ServiceError, invalid

Mode = Literal["off", "prefer", "only"]


class Documents:
    """`trusted` are prepared at once, and their plans made: the first request finds them warm.

    `exempt`: roles that may send any document in the mode `only`. Raises ManifestError for a document that the graph
    or its limits refuse.
    """

    def __init__(
        self, engine: Engine, mode: Mode, *, trusted: Iterable[Listed] = (), exempt: Collection[str] = (), kept: Kept
    ) -> None:
        self.engine = engine
        self.mode = mode
        self.kept = kept
        self._exempt = frozenset(exempt)
        self._by_digest: dict[str, Prepared] = {}
        self._by_text: dict[str, Prepared] = {}
        for each in trusted if mode != "off" else ():
            self._by_digest[each.digest] = self._by_text[each.text] = warmed(engine, each)

    def prepared(self, asked: GraphQLRequest, identity: Identity) -> Prepared:
        """What is not taken is a document with errors. Raises ValidationError for what makes no sense by itself."""
        by_name = named(asked)
        if by_name is None:
            if not asked.query:
                raise invalid("query", f"is required, or {DOCUMENT_ID}")
            return self._of_text(asked.query, identity)
        if asked.query and digest_of(asked.query) != by_name.digest:
            raise invalid(by_name.where, "is not the SHA-256 hash of query")
        if self.mode == "off" and by_name.where == DOCUMENT_ID:
            return refused(PersistedQueryNotSupportedError(f"No {DOCUMENT_ID} is taken here; send the text as query."))
        known = self._by_digest.get(by_name.digest)
        if known:
            return known
        if self.mode == "only":
            return self._of_text(asked.query, identity) if asked.query else self._unknown(by_name)
        return self._automatic(by_name, asked.query)

    def _of_text(self, text: str, identity: Identity) -> Prepared:
        known = self._by_text.get(text)
        if known:
            return known
        if self.mode == "only" and self._exempt.isdisjoint(identity.roles):
            return refused(AuthorizationError(f"Only trusted documents are taken; send the {DOCUMENT_ID} of one."))
        return self.engine.prepared(text)

    def _automatic(self, by_name: Named, text: str | None) -> Prepared:
        """Kept, when it comes with its text and is valid."""
        if text:
            prepared = self.engine.prepared(text)
            if prepared.document:
                self.kept.keep(by_name.digest, text)
            return prepared
        found = self.kept.get(by_name.digest)
        return self.engine.prepared(found) if found is not None else self._unknown(by_name)

    def _unknown(self, by_name: Named) -> Prepared:
        if by_name.where == DOCUMENT_ID:
            return refused(PersistedQueryNotFoundError(f"{DOCUMENT_ID} names no document that is known here."))
        # These are the messages that Apollo's clients look for.
        if self.mode == "only" or not self.kept.count:
            return refused(PersistedQueryNotSupportedError("PersistedQueryNotSupported"))
        return refused(PersistedQueryNotFoundError("PersistedQueryNotFound"))


def refused(error: ServiceError) -> Prepared:
    """Each transport tells it like any other mistake in a document."""
    return Prepared(None, [GraphQLError(error.message, original_error=error)])


def warmed(engine: Engine, document: Listed) -> Prepared:
    """Raises ManifestError."""
    prepared = engine.prepared(document.text)
    if prepared.document is None or prepared.planned is None:
        raise document.error("; ".join(error.message for error in prepared.errors))
    names = [each.name for each in prepared.document.definitions if isinstance(each, OperationDefinitionNode)]
    for name in names:
        prepared.planned.warm(name.value if name else None)
    if len(names) == 1:
        prepared.planned.warm()
    return replace(prepared, trusted=True)


def documents(settings: GatewaySettings, engine: Engine) -> Documents:
    """Raises ManifestError."""
    return Documents(
        engine,
        settings.trusted_documents,
        trusted=listed(settings.trusted_documents_files),
        exempt=settings.trusted_documents_exempt_roles,
        kept=Kept(settings.persisted_queries, settings.persisted_query_bytes),
    )
