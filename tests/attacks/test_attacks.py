"""Hostile input of every kind against one gateway as it is served in production, while an ordinary client looks on.

Each attack gets the answer that its table says, costs little CPU and memory, lets nobody wait, and leaves nothing
unforeseen in the log; the next ordinary queries are answered. `documents.py` and its neighbours are the tables.
"""

import asyncio
import json

import pytest

from tests.attacks import bodies, documents, frames, headers, naming, paths, sockets, texts, variables
from tests.attacks.answers import Answer, answers, check_form
from tests.attacks.line import exchanged, line
from tests.attacks.system import Site
from tests.attacks.watching import MEMORY, summary, watched
from tests.attacks.wording import VIEWER, Attack, asked
from tests.gateway.authentication.attacks import attacks as tokens
from tests.gateway.authentication.sources import source

# One worker runs them all: they share one system.
pytestmark = pytest.mark.xdist_group("attacks")

TABLES = (documents, texts, bodies, variables, headers, naming, paths, sockets)
ATTACKS = {
    f"{each.__name__.rpartition('.')[2]}: {name}": each.ATTACKS[name] for each in TABLES for name in each.ATTACKS
}
TOKENS = tokens(source("EdDSA file"))


async def last_answer(site: Site, name: str, attack: Attack, token: str | None = None) -> Answer | None:
    sent = attack.sent.replace(b"@TOKEN@", (token or site.served.token()).encode("latin-1"))
    found = answers(await watched(site, name, exchanged(site.served.port, sent, half=attack.half)))
    for each in found:
        check_form(each, site.served.secrets)
    return found[-1] if found else None


async def check(site: Site, name: str, attack: Attack, token: str | None = None) -> None:
    answer = await last_answer(site, name, attack, token)
    if answer is None:
        assert attack.status == 0
        return
    assert (answer.status, answer.code) == (attack.status, attack.code), answer.body[:500]
    assert attack.says in answer.body.decode()
    assert not attack.lacks or attack.lacks not in answer.raw.decode()


@pytest.mark.parametrize("name", ATTACKS)
async def test_it_is_answered_as_it_should_be(attacked: Site, name: str) -> None:
    await check(attacked, name, ATTACKS[name])


@pytest.mark.parametrize("name", sockets.UPGRADES)
async def test_no_socket_is_opened(attacked: Site, name: str) -> None:
    """Some of these the reader of WebSockets refuses, in a few plain words of its own."""
    attack = sockets.UPGRADES[name]
    sent = attack.sent.replace(b"@TOKEN@", attacked.served.token().encode())
    raw = await watched(attacked, f"sockets: {name}", exchanged(attacked.served.port, sent))
    assert raw.startswith(b"HTTP/1.1 %d " % attack.status), raw
    for each in attacked.served.secrets:
        assert each not in raw


@pytest.mark.parametrize("name", TOKENS)
async def test_no_token_but_the_issuers_is_taken(attacked: Site, name: str) -> None:
    token = TOKENS[name](attacked.served.issuer)
    await check(attacked, f"tokens: {name}", Attack(asked(VIEWER), 401, "AUTHENTICATION_ERROR"), token)


async def on_socket(site: Site, attack: frames.Socket) -> bytes:
    async with line(site.served.port) as made:
        await made.send(attack.handshake.replace(b"@TOKEN@", site.served.token().encode()))
        head = await made.head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        sending, raw = asyncio.create_task(made.send(attack.sent)), b""
        try:
            # After its goodbye a server waits for ours; hanging up will do.
            while not frames.goodbye(raw)[0] and (part := await made.some()):
                raw += part
                if attack.stays and attack.says.encode() in raw:
                    await sending
                    await made.send(frames.BYE)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return raw


def check_socket(site: Site, attack: frames.Socket, raw: bytes) -> None:
    for each in site.served.secrets:
        assert each not in raw
    assert attack.says.encode() in raw
    [code, _] = frames.goodbye(raw)
    assert code == attack.code, raw[-200:]


@pytest.mark.parametrize("name", frames.ATTACKS)
async def test_a_socket_is_closed_as_it_should_be(attacked: Site, name: str) -> None:
    attack = frames.ATTACKS[name]
    check_socket(attacked, attack, await watched(attacked, f"frames: {name}", on_socket(attacked, attack)))


async def test_who_does_not_come_to_the_point_is_left(attacked: Site) -> None:
    """All of them at once, and a hundred of each, since they take a while."""
    late = [(each, each.sent.replace(b"@TOKEN@", attacked.served.token().encode())) for each in sockets.LATE.values()]

    async def all_of_them() -> bytes:
        slow = asyncio.gather(*(on_socket(attacked, each) for each in frames.SLOW.values()))
        found = await asyncio.gather(*(exchanged(attacked.served.port, sent) for _, sent in late * 30))
        for (attack, _), raw in zip(late * 30, found, strict=True):
            told = answers(raw)
            assert (told[-1].status if told else 0) == attack.status, raw
            assert not told or told[-1].code == attack.code
        for each, raw in zip(frames.SLOW.values(), await slow, strict=True):
            check_socket(attacked, each, raw)
        return b""

    await watched(attacked, "sockets: late", all_of_them(), cpu_seconds=1)


async def test_drops_do_not_keep_a_connection(attacked: Site) -> None:
    """A byte now and then: what counts is when all of it is there."""

    async def dripping(whole: bytes) -> bytes:
        async with line(attacked.served.port) as made:
            reading = asyncio.create_task(made.rest())
            for each in whole:
                await made.send(bytes([each]))
                if (await asyncio.wait([reading], timeout=0.1))[0]:
                    break
            return await reading

    async def all_of_them() -> bytes:
        head, _ = asked(VIEWER).split(b"\r\n\r\n")
        found = await asyncio.gather(*(dripping(head) for _ in range(20)))
        assert {answers(each)[-1].status for each in found} == {408}
        return b""

    await watched(attacked, "sockets: drops", all_of_them(), cpu_seconds=1)


async def test_who_asks_too_often_is_told_so_and_nobody_else(attacked: Site) -> None:
    sent = asked(VIEWER).replace(b"@TOKEN@", attacked.served.token().encode())

    async def all_of_them() -> bytes:
        found = await asyncio.gather(*(exchanged(attacked.served.port, sent) for _ in range(200)))
        told = [answers(each)[-1] for each in found]
        for each in told:
            check_form(each, attacked.served.secrets)
        codes = {(each.status, each.code) for each in told}
        assert codes == {(200, ""), (429, "RATE_LIMIT")}
        return b""

    await watched(attacked, "sockets: two hundred requests", all_of_them(), cpu_seconds=2)


async def test_a_connection_takes_only_so_many_requests_at_once(attacked: Site) -> None:
    sent = asked("{ classes { totalCount } }").replace(b"Connection: close\r\n", b"")
    sent = sent.replace(b"@TOKEN@", attacked.served.token().encode()) * 300
    raw = await watched(attacked, "sockets: pipelined", exchanged(attacked.served.port, sent), cpu_seconds=1)
    assert len(answers(raw)) < 100


async def test_connections_that_come_and_go_leave_nothing(attacked: Site) -> None:
    async def coming_and_going() -> bytes:
        for each in range(600):
            async with line(attacked.served.port) as made:
                await made.send(asked(VIEWER)[: each * 3])
                made.reset()
        return b""

    await watched(attacked, "sockets: resets", coming_and_going(), cpu_seconds=2)


async def test_silent_connections_take_nobody_elses_place(attacked: Site) -> None:
    async def silent() -> bytes:
        found = await asyncio.gather(*(exchanged(attacked.served.port, asked(VIEWER)[:50]) for _ in range(500)))
        assert {answers(each)[-1].status for each in found} == {408}
        return b""

    await watched(attacked, "sockets: five hundred", silent(), cpu_seconds=2)


def test_all_of_it_together(attacked: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """The last of them: what is left of them all."""
    gained = attacked.served.memory() - attacked.began_with
    with capsys.disabled():
        print(f"\n{summary(attacked)}\n{gained // 1024} kB gained")  # noqa: T201  for whoever watches
    assert gained < MEMORY
    said = [json.loads(each) for each in attacked.served.log.read_bytes().splitlines()]
    assert [each for each in said if each["event"] in ("unhandled", "masked") or each.get("status") == 500] == []
