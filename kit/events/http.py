"""Events by HTTP: lists of envelopes, posted to the URLs that the settings name for their types."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from kit.auth import INTERNAL_API_KEY, SERVICE_ID
from kit.call import CORRELATION_ID, DEADLINE_MS
from kit.events.transport import Outcome, Row, Transport

_ACCEPTED = 202
# Of a single row these say that it will never be taken; of a list, that it holds too much or something bad.
_FOR_GOOD = {400, 413}
_REASON_BYTES = 500
_LONGEST_RETRY_AFTER = 3600.0


class HttpSubscriber:
    """`seconds` is for one request."""

    def __init__(self, url: str, client: httpx.AsyncClient, seconds: float) -> None:
        self._url = url
        self._client = client
        self._seconds = seconds

    async def send(self, rows: Sequence[Row]) -> Outcome:
        outcome, waiting = Outcome(), [rows]
        while waiting:
            group = waiting.pop()
            try:
                answer, reason = await self._post(group)
            except (httpx.HTTPError, OSError, TimeoutError) as error:
                outcome.away = repr(error)
                return outcome
            if answer.status_code == _ACCEPTED:
                outcome.delivered += [row.position for row in group]
            elif answer.status_code not in _FOR_GOOD:
                outcome.away, outcome.retry_after = reason, retry_after(answer.headers)
                return outcome
            elif len(group) == 1:
                outcome.refused[group[0].position] = reason
            else:
                outcome.too_much = True
                half = len(group) // 2
                waiting += [group[half:], group[:half]]
        return outcome

    async def _post(self, group: Sequence[Row]) -> tuple[httpx.Response, str]:
        """The answer and its beginning, as a reason."""
        headers = {"Content-Type": "application/json", DEADLINE_MS: str(int(self._seconds * 1000))}
        correlation_ids = {row.correlation_id for row in group}
        if len(correlation_ids) == 1:  # of several, each envelope tells its own
            headers[CORRELATION_ID] = correlation_ids.pop()
        body = b"[" + b",".join(row.body for row in group) + b"]"
        async with (
            asyncio.timeout(self._seconds),
            self._client.stream("POST", self._url, content=body, headers=headers) as answer,
        ):
            told = b""
            async for chunk in answer.aiter_raw():
                told += chunk[: _REASON_BYTES - len(told)]
        return answer, f"{answer.status_code}: {told.decode(errors='replace')}".replace("\0", "")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; 0 when there is nothing that makes sense."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return 0
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0), _LONGEST_RETRY_AFTER)


def http_client(service_id: str, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        headers={INTERNAL_API_KEY: key, SERVICE_ID: service_id, "Accept-Encoding": "identity"},
        timeout=None,  # noqa: S113  each request is under a deadline, and httpx's own is per read
        trust_env=False,
    )


def http_transport(subscribers: Mapping[str, Sequence[str]], client: httpx.AsyncClient, *, seconds: float) -> Transport:
    urls = dict.fromkeys(url for each in subscribers.values() for url in each)
    return Transport({url: HttpSubscriber(url, client, seconds) for url in urls}, subscribers)
