"""The issuer's keys over real HTTP: looked at when needed, not more often, and kept while it cannot be reached."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import pytest

from gateway.http.bearer.issuer import IssuerKeys, Pace, lasting
from tests.support.issuer import Issuer, generated, issuer, jwk, key_set
from tests.support.peer import answer

PACE = Pace(longest=3600, cooldown=0, stale=3600, timeout=10)
MAX_BODY = 4096
OLD, NEW = (jwk(generated("EdDSA"), kid=kid) for kid in ("old", "new"))


@dataclass
class Kept:
    keys: IssuerKeys
    changes: list[int]
    changed: asyncio.Event

    def known(self) -> set[str]:
        return {kid for kid in ("old", "new") if self.keys.find("EdDSA", kid)}


@asynccontextmanager
async def kept(url: str, pace: Pace = PACE) -> AsyncIterator[Kept]:
    """After the first look."""
    changes: list[int] = []
    changed = asyncio.Event()

    def note() -> None:
        changes.append(1)
        changed.set()

    made = Kept(IssuerKeys(url, pace, MAX_BODY, note), changes, changed)
    async with made.keys.opened():
        await made.keys.look()
        yield made


async def asked_again(of: Issuer) -> None:
    of.asked.clear()
    async with asyncio.timeout(30):
        await of.asked.wait()


async def test_a_key_counts_from_the_look_that_finds_it_to_the_one_that_misses_it() -> None:
    async with issuer(OLD) as service, kept(service.url) as made:
        assert (made.known(), len(made.changes)) == ({"old"}, 1)
        service.publish(OLD, NEW)
        assert made.known() == {"old"}
        await made.keys.look()
        assert (made.known(), len(made.changes)) == ({"old", "new"}, 2)
        service.publish(NEW)
        await made.keys.look()
        assert (made.known(), len(made.changes)) == ({"new"}, 3)
        await made.keys.look()
        assert (service.looks, len(made.changes)) == (4, 3), "the same set is no change"


async def test_another_key_of_the_same_name_is_a_change() -> None:
    async with issuer(OLD) as service, kept(service.url) as made:
        before = made.keys.find("EdDSA", "old")
        service.publish({**NEW, "kid": "old"})
        await made.keys.look()
        assert made.keys.find("EdDSA", "old") not in (before, None)
        assert len(made.changes) == 2


async def test_a_set_without_a_key_takes_all_away() -> None:
    async with issuer(OLD) as service, kept(service.url) as made:
        service.publish()
        await made.keys.look()
        assert (made.known(), made.keys.usable, len(made.changes)) == (set(), False, 2)


async def test_whoever_asks_there_is_one_look_at_once() -> None:
    async with issuer(OLD) as service, kept(service.url) as made:
        service.gate.clear()
        service.publish(NEW)
        first, *others = [asyncio.create_task(made.keys.look()) for _ in range(50)]
        await asked_again(service)
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        service.gate.set()
        await asyncio.gather(*others)
        assert (service.looks, made.known()) == (2, {"new"})


async def test_whoever_asks_there_is_none_within_the_cooldown() -> None:
    async with issuer(OLD) as service, kept(service.url, replace(PACE, cooldown=3600)) as made:
        service.publish(NEW)
        await asyncio.gather(*(made.keys.look() for _ in range(50)))
        assert (service.looks, made.known()) == (1, {"old"})


async def test_a_failed_look_has_the_same_cooldown() -> None:
    async with issuer() as service:
        service.says = answer(b"", "500 Oh")
        async with kept(service.url, replace(PACE, cooldown=3600)) as made:
            await made.keys.look()
            assert (service.looks, made.keys.keys) == (1, None)


GARBAGE = {
    "an error": answer(key_set(NEW), "500 Internal Server Error"),
    "nothing there": answer(key_set(NEW), "404 Not Found"),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "hung up": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half an answer": answer(key_set(NEW))[:-5],
    "no JSON": answer(b"<html>"),
    "no UTF-8": answer(b'{"keys": ["\xff"]}'),
    "no object": answer(b"[]"),
    "no keys": answer(b"{}"),
    "keys that are no list": answer(b'{"keys": {}}'),
    "deep": answer(b'{"keys": ' + b"[" * 2000),
    "more than the limit": answer(b" " * MAX_BODY + key_set(NEW)),
    "more than the limit, of no told length": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_000,
    "more than a hundred keys": answer(b'{"keys": [' + b",".join([b"0"] * 101) + b"]}"),
    "compressed": answer(key_set(NEW), "200 OK", "Content-Encoding: gzip"),
    "a long header": answer(key_set(NEW), "200 OK", f"X: {'x' * 200_000}"),
}


@pytest.mark.parametrize("case", GARBAGE)
async def test_the_last_good_set_stays(case: str) -> None:
    async with issuer(OLD) as service, kept(service.url) as made:
        service.says, service.closing = GARBAGE[case], True
        await made.keys.look()
        assert (service.looks >= 2, made.known(), len(made.changes)) == (True, {"old"}, 1)
        service.publish(NEW)
        service.closing = False
        await made.keys.look()
        assert made.known() == {"new"}


async def test_a_redirection_leads_nowhere() -> None:
    async with issuer(NEW) as elsewhere, issuer(OLD) as service, kept(service.url) as made:
        service.says = answer(b"", "302 Found", f"Location: {elsewhere.url}")
        await made.keys.look()
        assert (elsewhere.looks, made.known()) == (0, {"old"})


async def test_an_issuer_that_is_away_is_no_reason_to_forget_its_keys() -> None:
    async with AsyncExitStack() as serving:
        service = await serving.enter_async_context(issuer(OLD))
        async with kept(service.url) as made:
            await serving.aclose()
            await made.keys.look()
            assert (service.looks, made.known()) == (1, {"old"})


async def test_a_slow_answer_is_given_up() -> None:
    async with issuer(OLD) as service, kept(service.url) as made:
        service.gate.clear()
        made.keys._pace = replace(PACE, timeout=0.1)
        await made.keys.look()
        assert (service.looks, made.known()) == (2, {"old"})


async def test_keys_that_could_not_be_confirmed_for_too_long_are_dropped() -> None:
    async with issuer(OLD) as service, kept(service.url, replace(PACE, stale=0)) as made:
        service.says = answer(b"", "503 Service Unavailable")
        await made.keys.look()
        assert (made.keys.keys, made.keys.usable, len(made.changes)) == (None, False, 2)
        service.publish(OLD)
        await made.keys.look()
        assert made.known() == {"old"}


async def test_it_looks_again_by_itself_when_max_age_is_over() -> None:
    async with issuer() as service:
        service.publish(OLD, headers=("Cache-Control: public, max-age=0",))
        async with kept(service.url, replace(PACE, cooldown=0.01)) as made:
            assert made.known() == {"old"}
            service.publish(NEW)
            async with asyncio.timeout(30):
                made.changed.clear()
                await made.changed.wait()
            assert made.known() == {"new"}


async def test_it_looks_again_by_itself_after_a_failure() -> None:
    async with issuer() as service:
        service.says = answer(b"", "500 Oh")
        async with kept(service.url, replace(PACE, cooldown=0.01)) as made:
            assert not made.keys.usable
            service.publish(OLD)
            async with asyncio.timeout(30):
                await made.changed.wait()
            assert made.known() == {"old"}


async def test_a_look_is_about_no_request() -> None:
    asking: ContextVar[str] = ContextVar("asking")
    seen = []
    async with issuer(OLD) as service:
        made = IssuerKeys(service.url, PACE, MAX_BODY, lambda: seen.append(asking.get(None)))
        async with made.opened():
            await made.look()
            asking.set("a teacher")
            service.publish(NEW)
            await made.look()
    assert seen == [None, None]


async def test_it_ends_in_the_middle_of_a_look() -> None:
    async with issuer(OLD) as service:
        async with asyncio.timeout(30), kept(service.url) as made:
            service.gate.clear()
            looking = asyncio.create_task(made.keys.look())
            await asked_again(service)
        await looking
        assert made.known() == {"old"}
        await made.keys.look()
        assert service.looks == 2, "a closed one looks no more"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 600),
        ("max-age=60", 60),
        ("public, MAX-AGE=60, must-revalidate", 60),
        ('max-age="60"', 60),
        ("max-age=0", 10),
        ("max-age=86400", 600),
        ("max-age=999999999", 600),
        ("max-age=9999999999999", 600),
        ("s-maxage=60", 600),
        ("x-max-age=60", 600),
        ("max-age=-5", 600),
        ("max-age=abc", 600),
        ("no-store", 10),
        ("no-cache, max-age=60", 10),
    ],
)
def test_how_long_an_answer_lasts(said: str, seconds: float) -> None:
    assert lasting(said, Pace(longest=600, cooldown=10, stale=0, timeout=1)) == seconds
