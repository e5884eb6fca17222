"""The same over TLS, and what only a handshake shows: an upstream that takes connections and says nothing."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.upstreams.answer import NoAnswerError
from tests.support.peer import Line, answer, answering, peer
from tests.support.senders import at_rest, call, pool

pytestmark = pytest.mark.asyncio(loop_scope="function")

OK = answer()


def contexts(folder: Path, address: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's, and that of a client that trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return contexts(tmp_path, "127.0.0.1")


async def test_calls_over_tls(trusted: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = trusted
    long = answer(b"x" * 900)
    async with peer(answering(long), secure=server) as upstream, pool(upstream.url, client) as made:
        for _ in range(3):
            assert (await call(made, body=b"y" * 200_000)).body == b"x" * 900
        assert at_rest(made)
        assert upstream.connections == 1
        [kept] = made._kept
        kept.close()
        await kept.lost
        assert (await call(made)).status == 200
    assert upstream.connections == 2


async def test_the_end_of_a_kept_connection_over_tls(trusted: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = trusted
    async with peer(answering(OK, closing=True), secure=server) as upstream, pool(upstream.url, client) as made:
        for _ in range(3):
            assert (await call(made)).body == b"{}"
            for kept in made._kept:
                await kept.lost
    assert upstream.connections == 3


async def test_a_cancelled_call_over_tls(trusted: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    asked = asyncio.Event()

    async def script(line: Line) -> None:
        await line.request()
        asked.set()
        await line.hung_up()

    server, client = trusted
    async with peer(script, secure=server) as upstream, pool(upstream.url, client) as made:
        calling = asyncio.create_task(call(made))
        await asked.wait()
        calling.cancel()
        await upstream.empty.wait()
        assert at_rest(made)


async def test_a_certificate_that_nobody_vouches_for(trusted: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with peer(answering(OK), secure=trusted[0]) as upstream, pool(upstream.url) as made:
        with pytest.raises(NoAnswerError, match="CERTIFICATE_VERIFY_FAILED"):
            await call(made, again=True)
        assert at_rest(made)
    assert upstream.requests == []


async def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    server, client = contexts(tmp_path, "127.0.0.2")
    async with peer(answering(OK), secure=server) as upstream, pool(upstream.url, client) as made:
        with pytest.raises(NoAnswerError, match="IP address mismatch"):
            await call(made, again=True)
        assert at_rest(made)
    assert upstream.requests == []


async def mute(line: Line) -> None:
    await line.hung_up()


async def test_connecting_takes_so_long() -> None:
    async with peer(mute) as upstream:
        url = upstream.url.replace("http:", "https:")
        async with pool(url, connect=0.1, connections=1) as made:
            outcomes = await asyncio.gather(call(made), call(made), return_exceptions=True)
            assert [type(each) for each in outcomes] == [TimeoutError, TimeoutError]
            assert at_rest(made)
        await upstream.empty.wait()


async def test_a_call_that_is_cancelled_while_it_connects() -> None:
    connected = asyncio.Event()

    async def script(line: Line) -> None:
        connected.set()
        await line.hung_up()

    async with peer(script) as upstream:
        url = upstream.url.replace("http:", "https:")
        async with pool(url, connections=1) as made:
            calling = asyncio.create_task(call(made))
            waiting = asyncio.create_task(call(made))
            await connected.wait()
            calling.cancel()
            waiting.cancel()
            outcomes = await asyncio.gather(calling, waiting, return_exceptions=True)
            assert [type(each) for each in outcomes] == [asyncio.CancelledError] * 2
            await upstream.empty.wait()
            assert at_rest(made)
