"""What libraries repeat is logged now and then."""

import logging

import pytest

from kit.logging import Seldom


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
