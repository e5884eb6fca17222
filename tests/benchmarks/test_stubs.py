"""The stub upstreams: what they answer is what the services would."""

import asyncio

import msgspec
import pytest

from benchmarks.load import LOOPBACK
from benchmarks.stubbed.answers import BATCHES, body_of, teacher
from benchmarks.stubbed.upstreams import Upstream
from cms_service.contract import ClassInfoByBatch
from ras_service.contract import BatchPage

INFO = b"/internal/v1/batches/class-info"


def page(number: int, query: str) -> BatchPage:
    target = f"/internal/v1/batches/user/{teacher(number)}?{query}".encode()
    return msgspec.json.decode(body_of(target, b""), type=BatchPage)


def test_a_page_is_of_the_first_batches_of_the_teacher() -> None:
    twenty, hundred = page(17, "limit=20&cursors=true"), page(17, "offset=0&limit=100")
    assert [each.batch_id for each in twenty.batches] == [each.batch_id for each in hundred.batches[:20]]
    assert {each.user_id for each in hundred.batches} == {teacher(17)}
    assert isinstance(twenty.cursors, list)
    assert (len(set(twenty.cursors)), hundred.cursors) == (20, msgspec.UNSET)
    assert (twenty.pagination.total, twenty.pagination.next) == (BATCHES, twenty.cursors[-1])
    assert page(17, f"limit={BATCHES}").pagination.next is None
    assert not {each.batch_id for each in twenty.batches} & {each.batch_id for each in page(18, "limit=20").batches}


def test_class_info_is_of_the_batches_that_were_asked_for() -> None:
    ids = [each.batch_id for each in page(17, "limit=20").batches][::-3]
    texts = [str(each) for each in ids]
    answers = [
        body_of(INFO + b"?batch_ids=" + separator.join(texts).encode(), b"") for separator in (",", "%2C", "%2c")
    ]
    assert set(answers) == {body_of(INFO, msgspec.json.encode({"batch_ids": texts}))}
    found = msgspec.json.decode(answers[0], type=ClassInfoByBatch)
    assert list(found) == ids
    assert {each.class_name if each else None for each in found.values()} == {"SV1B", "SV4B", None}
    assert {str(each.class_id)[:8] for each in found.values() if each} == {"00000011"}
    assert body_of(INFO + b"?batch_ids=", b"") == b"{}"


def test_what_the_services_do_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        body_of(b"/internal/v1/batches/validation-status?batch_ids=", b"")


async def test_requests_may_come_in_pieces_and_one_after_the_other() -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(0.001), LOOPBACK, 0)
    body = msgspec.json.encode({"batch_ids": [str(page(10, "limit=1").batches[0].batch_id)]})
    post = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (INFO, len(body), body)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for at in range(0, len(post), 50):
            writer.write(post[at : at + 50])
            await writer.drain()
            await asyncio.sleep(0)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        assert b'"SV0B"' in await reader.readexactly(length)
        writer.write(b"GET /v1/classes HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 404")
        writer.close()
        await writer.wait_closed()
