"""Another client, in a process of its own: it asks something ordinary again and again, and tells how long it waited.

`python -m tests.attacks.bystander PORT PID`: the gateway's. Its tokens come as the first line of standard input, and
every further line is answered with what was seen since the one before.
"""

import http.client
import json
import os
import select
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path

PAUSE_SECONDS = 0.02
ORDINARY = ("{ viewer { userId } }", '{"data":{"viewer":{"userId":"bystander-')
THROUGH = ("{ classes(first: 1) { totalCount } }", '{"data":{"classes":{"totalCount":0}}')


@dataclass
class Seen:
    """`longest` in seconds, as the clock has it; `waited` without the time in which a busy machine let nobody run."""

    asked: int = 0
    longest: float = 0
    waited: float = 0
    wrong: list[str] = field(default_factory=list)


class Bystander:
    def __init__(self, port: int, pid: int, tokens: list[str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.queues = [Path(f"/proc/{each}/schedstat") for each in (pid, "self")]
        self.tokens = cycle(tokens)
        self.seen = Seen()

    def queued(self) -> float:
        """Seconds that the gateway and this process were ready to run, and did not."""
        return sum(int(each.read_text().split()[1]) for each in self.queues) / 1e9

    def ask(self, query: str, expected: str) -> None:
        queued, begun = self.queued(), time.perf_counter()
        try:
            found = self.answer(query)
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()  # it may have been closed as idle, which the next attempt will show
            try:
                found = self.answer(query)
            except (OSError, http.client.HTTPException):
                found = repr(error)
        longest = time.perf_counter() - begun
        seen = self.seen
        seen.asked += 1
        seen.longest = max(seen.longest, longest)
        seen.waited = max(seen.waited, longest - (self.queued() - queued))
        if not found.startswith(expected):
            seen.wrong.append(found[:200])

    def answer(self, query: str) -> str:
        headers = {"Authorization": f"Bearer {next(self.tokens)}", "Content-Type": "application/json"}
        self.connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
        return self.connection.getresponse().read().decode()

    def report(self) -> Seen:
        """With the next ordinary queries."""
        self.ask(*ORDINARY)
        self.ask(*THROUGH)
        seen, self.seen = self.seen, Seen()
        return seen


def line() -> bytes:
    """Nothing beyond it is read: what waits in a buffer, `select` does not know of."""
    read = b""
    while part := os.read(sys.stdin.fileno(), 1):
        read += part
        if part == b"\n":
            break
    return read


def main(port: int, pid: int) -> None:
    bystander = Bystander(port, pid, json.loads(line()))
    while True:
        if select.select([sys.stdin.fileno()], [], [], PAUSE_SECONDS)[0]:
            if not line():
                return
            sys.stdout.write(json.dumps(asdict(bystander.report())) + "\n")
            sys.stdout.flush()
        else:
            bystander.ask(*ORDINARY)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
