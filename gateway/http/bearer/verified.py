"""Tokens that were verified, so that the next request with one costs a look-up."""

import time
from collections import OrderedDict

from gateway.context import Identity


class VerifiedTokens:
    """The `most` last used, each until it expires. What was refused is not here, so it drives nothing out.

    How long a look-up takes tells nothing: texts are compared only where a keyed hash of all of them agrees.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.remembered = self.verified = 0
        """How often a token was found here, and came in."""
        self._identities: OrderedDict[str, Identity] = OrderedDict()

    def __len__(self) -> int:
        return len(self._identities)

    def get(self, token: str) -> Identity | None:
        identity = self._identities.get(token)
        if identity is None:
            return None
        if identity.expires_at <= time.time():
            del self._identities[token]
            return None
        self._identities.move_to_end(token)
        self.remembered += 1
        return identity

    def add(self, token: str, identity: Identity) -> None:
        self.verified += 1
        self._identities[token] = identity
        if len(self._identities) > self._most:
            self._identities.popitem(last=False)

    def clear(self) -> None:
        self._identities.clear()
