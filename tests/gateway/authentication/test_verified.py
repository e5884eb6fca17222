"""Tokens that are remembered: the last used, until they expire, and none that was refused."""

import time

import pytest
from starlette.requests import HTTPConnection

from gateway.context import Identity
from gateway.http.auth import Authenticator
from gateway.http.bearer import keys
from gateway.http.bearer.verified import VerifiedTokens
from kit.errors import AuthenticationError
from tests.gateway.authentication.attacks_on_keys import foreign
from tests.gateway.authentication.sources import source
from tests.support.apps import GATEWAY
from tests.support.issuer import claims

MINE = source("HS256 secret")
LATER = time.time() + 3600


def identity(user_id: str, expires_at: float = LATER) -> Identity:
    return Identity(user_id, None, (), expires_at)


def connection(token: str, *more: tuple[bytes, bytes], scheme: str = "Bearer") -> HTTPConnection:
    headers = [(b"host", b"test"), (b"authorization", f"{scheme} {token}".encode()), *more]
    return HTTPConnection({"type": "http", "headers": headers})


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The signatures that were calculated."""
    made: list[bytes] = []
    real = keys.verifies

    def counting(key: keys.Key, signed: bytes, signature: bytes) -> bool:
        made.append(signature)
        return real(key, signed, signature)

    monkeypatch.setattr("gateway.http.auth.verifies", counting)
    return made


def authenticator(**changed: object) -> Authenticator:
    return Authenticator(GATEWAY.model_copy(update=changed))


async def test_a_token_is_verified_once(checks: list[bytes]) -> None:
    made, token = authenticator(), MINE.token()
    assert made.known(connection(token)) is None
    found = await made.identify(connection(token))
    assert made.known(connection(token)) is found
    assert made.known(connection(token, scheme="bEARER")) is found
    assert await made.identify(connection(token)) is found
    assert await made.identified([f"Bearer   {token}"]) is found
    assert len(checks) == 1


async def test_only_the_very_token_is_known() -> None:
    made, token = authenticator(), MINE.token()
    await made.identify(connection(token))
    for other in (token[:-1], token + "A", token.swapcase(), f" {token}", f"{token} ", ""):
        assert made.known(connection(other)) is None
    assert made.known(connection(token, scheme="Basic")) is None
    assert made.known(connection(token, scheme="Digest")) is None
    assert made.known(connection(token, (b"authorization", f"Bearer {token}".encode()))) is None
    assert made.known(HTTPConnection({"type": "http", "headers": []})) is None


async def test_what_is_refused_is_not_remembered_and_drives_nothing_out(checks: list[bytes]) -> None:
    made, token = authenticator(jwt_cached_tokens=2), MINE.token()
    await made.identify(connection(token))
    bad = [foreign(MINE, typ="JWT"), MINE.token(claims(aud="elsewhere")), *(f"{token}{number}" for number in range(50))]
    for each in bad * 2:
        with pytest.raises(AuthenticationError):
            await made.identify(connection(each))
    assert made.known(connection(token))
    assert len(made._verified) == 1
    assert checks.count(checks[-1]) == 2, "a refused one is verified again"


async def test_a_remembered_token_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    made, expiry = authenticator(), int(time.time()) + 60
    token = MINE.token(claims(exp=expiry))
    await made.identify(connection(token))
    monkeypatch.setattr(time, "time", lambda: expiry - 0.001)
    assert made.known(connection(token))
    monkeypatch.setattr(time, "time", lambda: float(expiry))
    assert made.known(connection(token)) is None
    with pytest.raises(AuthenticationError, match="expired"):
        await made.identify(connection(token))
    assert len(made._verified) == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"nbf": 1_000_005, "iat": 1_000_005}, None),
        ({"nbf": 1_000_005.1}, "not valid yet"),
        ({"iat": 1_000_005.1}, "not valid yet"),
        ({"exp": 1_000_000.1}, None),
        ({"exp": 1_000_000}, "has expired"),
    ],
)
async def test_the_issuers_clock_may_be_ahead_and_a_token_ends_when_it_says(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, float], told: str | None
) -> None:
    token, made = MINE.token(claims(**changed)), authenticator(jwt_leeway_seconds=5)
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    if told is None:
        assert (await made.identify(connection(token))).user_id == "teacher-1"
    else:
        with pytest.raises(AuthenticationError, match=told):
            await made.identify(connection(token))


def test_the_last_used_stay() -> None:
    kept = VerifiedTokens(3)
    for name in "abc":
        kept.add(name, identity(name))
    assert kept.get("a") == identity("a")
    kept.add("d", identity("d"))
    assert [name for name in "abcd" if kept.get(name)] == ["a", "c", "d"]
    kept.add("a", identity("a"))
    assert len(kept) == 3
    kept.clear()
    assert (len(kept), kept.get("a")) == (0, None)
