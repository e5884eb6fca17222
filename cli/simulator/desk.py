"""The teacher's desk: what is read in CMS on the teacher's behalf, and what the teacher settles there."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from cli.simulator.publisher import BACKOFF
from cli.simulator.refused import RefusedError
from cms_service.contract import (
    AssociationCounts,
    AssociationDecision,
    AssociationDecisions,
    AssociationPage,
    ClassPage,
    SchoolClass,
    Student,
    StudentAssociation,
    StudentPage,
)
from kit.auth import USER_ID
from kit.responses import encode_json

T = TypeVar("T")
_SECONDS = 30
_MOST = 100
"""Of classes, of a class's students and of a batch's essays: one page will do."""


class Desk:
    """Asks again while CMS is away; every method raises RefusedError when it says no.

    `tell` is given what a person may want to know.
    """

    def __init__(self, client: httpx.AsyncClient, cms_url: str, teacher: str, tell: Callable[[str], None]) -> None:
        self.teacher = teacher
        self._client = client
        self._url = f"{cms_url.rstrip('/')}/v1"
        self._tell = tell

    async def classes(self) -> list[SchoolClass]:
        return (await self._ask(ClassPage, "GET", f"/classes?limit={_MOST}")).classes

    async def roster(self, class_id: UUID) -> list[Student]:
        return (await self._ask(StudentPage, "GET", f"/classes/{class_id}/students?limit={_MOST}")).students

    async def associations(self, batch_id: UUID) -> list[StudentAssociation]:
        path = f"/batches/{batch_id}/student-associations?limit={_MOST}"
        return (await self._ask(AssociationPage, "GET", path)).associations

    async def settle(self, batch_id: UUID, decisions: Sequence[AssociationDecision]) -> AssociationCounts:
        path = f"/batches/{batch_id}/student-associations/confirm"
        return await self._ask(AssociationCounts, "POST", path, encode_json(AssociationDecisions(list(decisions))))

    async def _ask(self, of: type[T], method: str, path: str, body: bytes | None = None) -> T:
        failures = 0
        while True:
            try:
                async with asyncio.timeout(_SECONDS):
                    answer = await self._client.request(
                        method,
                        f"{self._url}{path}",
                        content=body,
                        headers={USER_ID: self.teacher, "Content-Type": "application/json"},
                    )
                if answer.is_success:
                    return msgspec.json.decode(answer.content, type=of)
                reason = f"{answer.status_code}: {answer.text[:500]}"
                if answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    raise RefusedError(f"CMS refuses {method} {path}: {reason}")
            except msgspec.MsgspecError as error:
                raise RefusedError(f"CMS answers {method} {path} with what is no {of.__name__}: {error}") from None
            except (httpx.TransportError, TimeoutError) as error:
                reason = repr(error)
            failures += 1
            if failures == 1:
                self._tell(f"CMS is away, and asked again: {reason}")
            await asyncio.sleep(BACKOFF.after(failures))
