"""The buckets of teachers, by a clock that the tests turn."""

import random

import pytest

from gateway.http.rates import Rates


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_after_a_pause_there_is_a_burst_and_then_so_many_a_second(clock: Clock) -> None:
    rates = Rates(20, 60, clock)
    assert [rates.take("anna") for _ in range(60)] == [0] * 60
    assert rates.take("anna") == pytest.approx(1 / 20)
    assert rates.take("bertil") == 0
    clock.now += 0.5
    assert [rates.take("anna") for _ in range(10)] == [0] * 10
    assert rates.take("anna") == pytest.approx(1 / 20)
    clock.now += 3600
    assert [bool(rates.take("anna")) for _ in range(61)] == [False] * 60 + [True]


def test_refusals_cost_nothing(clock: Clock) -> None:
    rates = Rates(1, 1, clock)
    assert rates.take("anna") == 0
    assert [rates.take("anna") for _ in range(1000)] == pytest.approx([1.0] * 1000)
    clock.now += 1
    assert rates.take("anna") == 0


@pytest.mark.parametrize(("per_second", "burst"), [(20, 60), (0.5, 1), (3, 1), (1000, 7)])
def test_it_is_as_a_bucket_that_is_never_forgotten(per_second: float, burst: int, clock: Clock) -> None:
    chance, rates, levels = random.Random(6), Rates(per_second, burst, clock), dict.fromkeys("abc", float(burst))  # noqa: S311
    taken = 0
    for _ in range(20_000):
        passed = chance.expovariate(per_second * 2)
        clock.now += passed
        levels = {name: min(burst, level + passed * per_second) for name, level in levels.items()}
        name = chance.choice("aab")
        if 0 < abs(levels[name] - 1) < 0.01:
            continue  # one rounds up what the other rounds down
        expected = levels[name] >= 1
        assert (rates.take(name) == 0) == expected
        levels[name] -= expected
        taken += expected
    assert 0 < taken < 20_000


def test_teachers_that_may_have_their_burst_again_are_not_kept(clock: Clock) -> None:
    rates = Rates(20, 60, clock)
    most = 0
    for number in range(50_000):
        clock.now += 0.001
        assert rates.take(f"teacher-{number}") == 0
        most = max(most, len(rates))
    # Two generations of three seconds.
    assert most <= 6_010
    clock.now += 60
    rates.take("another")
    assert len(rates) == 1
