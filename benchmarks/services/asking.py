"""The HTTP requests that the services are asked with, as another internal service sends them."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from benchmarks import rows
from cli.school import made_user_id

CLASS_INFO_IDS = 100
GUESTS = 20
"""Of those: batches without a class, of which CMS knows nothing."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Requests of one kind, each another one; the same `seed` makes the same, but for students."""

    internal_key: str

    def class_info(self, seed: int, *, number: int, batch_ids: Sequence[UUID]) -> list[str]:
        """`batch_ids` have a class."""
        rng, made = random.Random(seed), []
        for _ in range(number):
            ids = [*rng.sample(batch_ids, CLASS_INFO_IDS - GUESTS), *(uuid4() for _ in range(GUESTS))]
            rng.shuffle(ids)
            path = f"/internal/v1/batches/class-info?batch_ids={','.join(map(str, ids))}"
            made.append(self._request("GET", path, made_user_id(1)))
        return made

    def rosters(self) -> list[str]:
        return [
            self._request("GET", f"/v1/classes/{rows.class_id('read', n)}/students?limit=30", rows.user_id(n))
            for n in range(1, rows.TEACHERS + 1)
        ]

    def new_students(self, number: int) -> list[str]:
        """None is there already: each has an e-mail address that nobody else ever had."""
        return [self._new_student(nth % rows.TEACHERS + 1) for nth in range(number)]

    def _new_student(self, teacher: int) -> str:
        body = {
            "person_name": {"first_name": "Åsa", "last_name": "Öberg"},
            "email": f"{uuid4().hex}@skola.se",
            "class_ids": [str(rows.class_id("written", teacher))],
        }
        return self._request("POST", "/v1/classes/students", rows.user_id(teacher), json.dumps(body))

    def batch_lists(self, seed: int, *, limit: int, teachers: int) -> list[str]:
        """As the gateway asks for a dashboard."""
        numbers = random.Random(seed).sample(range(1, teachers + 1), teachers)
        return [self._batch_list(made_user_id(number), limit) for number in numbers]

    def _batch_list(self, user_id: str, limit: int) -> str:
        return self._request("GET", f"/internal/v1/batches/user/{user_id}?limit={limit}&cursors=true", user_id)

    def events(self, envelopes: Sequence[bytes]) -> str:
        """One list of them, which are ASCII."""
        return self._request("POST", "/internal/v1/events", None, f"[{b','.join(envelopes).decode('ascii')}]")

    def updates(self, user_id: str, *, after: int | None, wait: int) -> str:
        """Without `after` it is asked where to begin."""
        start = "" if after is None else f"after={after}&"
        return self._request("GET", f"/internal/v1/users/{user_id}/updates?{start}wait={wait}", user_id)

    def _request(self, method: str, target: str, user_id: str | None, content: str = "") -> str:
        """`content` is ASCII; without `user_id` it is asked on nobody's behalf."""
        headers = {
            "Host": "127.0.0.1",
            "X-Internal-API-Key": self.internal_key,
            "X-Service-ID": "gateway",
            **({"X-User-ID": user_id} if user_id else {}),
            **({"Content-Type": "application/json", "Content-Length": str(len(content))} if content else {}),
        }
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", content])
