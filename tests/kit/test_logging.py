"""A line is an object, and what libraries repeat is logged now and then."""

import io
import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from kit.logging import Lines, Seldom


def record(name: str, message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "x.py", 1, message, arguments, None)


def test_the_same_line_of_a_library_passes_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    seldom = Seldom("noisy", 30)
    lines = [
        record("noisy", "away: %s", 1),
        record("noisy.part", "away: %s", 2),
        record("noisy.part", "back", 3),
        record("noisybutnot", "away: %s", 4),
        record("noisybutnot", "away: %s", 5),
    ]
    assert [bool(seldom.filter(line)) for line in lines] == [True, False, True, True, True]
    now += 29
    assert not seldom.filter(lines[0])
    now += 1
    assert seldom.filter(lines[0])


SCRIPT = """
import logging
import structlog
from kit.call import begin_call, current_call
from kit.logging import Informing, audit_logger, configure_logging

configure_logging("{level}")
log = structlog.get_logger("ours")
current_call.set(begin_call("5b0a4f4e-8f0e-4b55-9a8c-6d1f3c1a0001", None, 10))


class Odd:
    def __repr__(self):
        raise RuntimeError("no repr")


class Ring(list):
    pass


def fail():
    token = "s3cr3t"
    raise ValueError(f"of {{len(token)}} letters")


ring = Ring()
ring.append(ring)
log.info("request", path="/a\\nb\\u2028", n=1)
Informing("ours")("request", {{"path": "/a\\nb\\u2028", "n": 1}})
log.info("odd", half="\\udc80", ring=ring, odd=Odd(), big=2**80)
logging.getLogger("theirs").warning("away: %s", "x\\ny")
audit_logger("audit").info("mutation", who="t")
try:
    fail()
except ValueError:
    log.exception("failed")
    logging.getLogger("theirs").exception("failed too")
"""


def lines(level: str) -> list[dict[str, Any]]:
    """What a process prints; one object for each line, or this fails."""
    command = [sys.executable, "-c", SCRIPT.format(level=level)]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert printed.stderr == b""
    return [json.loads(line) for line in printed.stdout.split(b"\n")[:-1]]


ALWAYS = ("event", "correlation_id", "logger", "level", "timestamp")


def test_each_line_is_one_object_whatever_is_in_it() -> None:
    request, quick, odd, theirs, audit, failed, failed_too = lines("INFO")
    assert [*request] == [*quick] == ["path", "n", *ALWAYS]
    assert {**request, "timestamp": quick["timestamp"]} == quick
    assert (request["event"], request["logger"], request["level"]) == ("request", "ours", "info")
    assert (request["path"], request["n"]) == ("/a\nb\u2028", 1)
    assert request["timestamp"].endswith("Z")
    assert odd["half"] == "\udc80"
    assert odd["odd"] == "Odd without repr"
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("away: x\ny", "theirs", "warning")
    assert (audit["logger"], audit["who"]) == ("audit", "t")
    for each in (failed, failed_too):
        [told] = each["exception"]
        assert (told["exc_type"], told["exc_value"]) == ("ValueError", "of 6 letters")
        assert [frame["name"] for frame in told["frames"]] == ["<module>", "fail"]
    for each in (request, odd, theirs, audit, failed, failed_too):
        assert each.keys() >= {*ALWAYS}
        assert each["timestamp"].endswith("Z")
        assert each["correlation_id"] == "5b0a4f4e-8f0e-4b55-9a8c-6d1f3c1a0001"
        assert "s3cr3t" not in str(each), "a frame's variables are told"


def test_what_is_audited_is_written_whatever_the_level() -> None:
    assert [each["event"] for each in lines("ERROR")] == ["mutation", "failed", "failed too"]


class Closed(io.RawIOBase):
    def write(self, _: object) -> int:
        raise BrokenPipeError


def test_a_line_that_nobody_reads_ends_nothing() -> None:
    Lines("ours", Closed()).write(b"{}")  # type: ignore[arg-type]
