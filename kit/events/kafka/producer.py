"""Records to Kafka, each acknowledged by all replicas in sync, or given back with the reason."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
)

TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
REFUSALS = (*TOO_LARGE, InvalidTopicError, PolicyViolationError)
"""What no second try would change."""

# Of several records together; far below what brokers take, so that they refuse only a record that is too large alone.
_BATCH_BYTES = 128 * 1024
# The broker and its topics have the real limit.
_RECORD_BYTES = 16 * 1024 * 1024
_REQUEST_SECONDS = 10
_TOPIC_SECONDS = 5
_FAREWELL_SECONDS = 1

Result = Exception | None
Sent = Exception | asyncio.Future[object]


@dataclass(frozen=True, slots=True)
class Record:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Producer:
    """Starts with the first record, and anew after each failure; calls take turns.

    After a record that was given up, the broker takes no other of the same idempotent producer, whose sequence has a
    gap then; and a producer that did not give it up would still send it when the caller has long sent it again.
    """

    def __init__(self, servers: str, client_id: str, seconds: float) -> None:
        """`seconds` is for all records that are sent together, once it is their turn."""
        self._servers = servers
        self._client_id = client_id
        self._seconds = seconds
        self._running: _Running | None = None
        self._turn = asyncio.Lock()

    async def send(self, records: Sequence[Record]) -> list[Result]:
        """Of each record in the order given: None when it is acknowledged."""
        async with self._turn:
            results = await self._send(records)
            if len(records) > 1:
                await self._one_by_one(records, results)
            return results

    async def close(self) -> None:
        """What is not acknowledged yet is given up."""
        running, self._running = self._running, None
        if running:
            await running.abandon()

    async def _one_by_one(self, records: Sequence[Record], results: list[Result]) -> None:
        """Of records that were too large together, each has its own verdict."""
        away: Result = None
        for n, result in enumerate(results):
            if isinstance(result, TOO_LARGE):
                results[n] = away or (await self._send([records[n]]))[0]
                away = None if isinstance(results[n], REFUSALS) else results[n]

    async def _send(self, records: Sequence[Record]) -> list[Result]:
        sent: list[Sent] = []
        failure: Exception = TimeoutError(f"no acknowledgement in {self._seconds:g} s")
        try:
            async with asyncio.timeout(self._seconds):
                await self._hand_over(records, sent)
        except TimeoutError:
            pass
        except Exception as error:  # noqa: BLE001  whatever it was, nothing is acknowledged
            failure = error
        results = [_result(each, failure) for each in sent]
        results += [failure] * (len(records) - len(results))
        if any(results):
            await self.close()
        return results

    async def _hand_over(self, records: Sequence[Record], sent: list[Sent]) -> None:
        """Fills `sent`, and waits until all of it has its answer."""
        running = await self._started()
        missing = await running.missing({record.topic for record in records})
        for record in records:
            sent.append(missing.get(record.topic) or await running.enqueue(record))  # noqa: PERF401  as far as it comes
        await asyncio.gather(*(each for each in sent if isinstance(each, asyncio.Future)), return_exceptions=True)

    async def _started(self) -> "_Running":
        if self._running is None:
            new = _Running(
                bootstrap_servers=self._servers,
                client_id=self._client_id,
                enable_idempotence=True,
                acks="all",
                max_batch_size=_BATCH_BYTES,
                max_request_size=_RECORD_BYTES,
                request_timeout_ms=_REQUEST_SECONDS * 1000,
            )
            try:
                await new.start()
            except BaseException:
                await new.abandon()
                raise
            self._running = new
        return self._running


class _Running(AIOKafkaProducer):  # type: ignore[misc]
    async def missing(self, topics: set[str]) -> dict[str, Exception]:
        """Why nothing can be sent to which topics; they are not in the way of the others."""
        names = sorted(topics)
        found = await asyncio.gather(*(self._look_for(name) for name in names), return_exceptions=True)
        return {name: error for name, error in zip(names, found, strict=True) if isinstance(error, Exception)}

    async def _look_for(self, topic: str) -> None:
        try:
            async with asyncio.timeout(_TOPIC_SECONDS):
                await self.partitions_for(topic)
        except TimeoutError:
            raise KafkaError(f"the brokers know no topic {topic}") from None

    async def enqueue(self, record: Record) -> Sent:
        try:
            future: asyncio.Future[object] = await self.send(
                record.topic, record.value, key=record.key, headers=list(record.headers)
            )
        except KafkaError as error:
            refused: Exception = error
            return refused
        return future

    async def abandon(self) -> None:
        """`stop` would wait for what no broker takes, for as long as that lasts."""
        self._closed = True
        sending = self._sender.sender_task
        for _ in range(2):  # the first lets requests in flight end, the second does not
            if sending and not sending.done():
                sending.cancel()
                await asyncio.wait([sending], timeout=_FAREWELL_SECONDS)
        await self.client.close()


def _result(sent: Sent, failure: Exception) -> Result:
    if isinstance(sent, Exception):
        return sent
    if sent.cancelled() or not sent.done():
        sent.cancel()
        return failure
    error = sent.exception()
    assert error is None or isinstance(error, Exception)
    return error
