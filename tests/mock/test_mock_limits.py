"""Caps on what is in flight and on rates."""

import threading
import time

import pytest

from synth_pipeline.mock.limits import Gate
from synth_pipeline.mock.plan import Limits
from synth_pipeline.mock.rejection import Rejected


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def admitted(gate, tokens=1, in_flight=0):
    try:
        gate.admit(in_flight, tokens)
    except Rejected as rejected:
        return rejected.headers.get("Retry-After")
    return True


def test_a_rate_lets_in_a_burst_and_then_as_much_as_comes_in():
    clock = Clock()
    gate = Gate(Limits(requests_per_minute=600, burst=1), clock)
    assert [admitted(gate) for _ in range(10)] == [True] * 10
    assert admitted(gate) == "0.101"
    clock.now += 0.35
    assert [admitted(gate) is True for _ in range(5)] == [True, True, True, False, False]


def test_whoever_waits_as_told_is_let_in():
    clock = Clock()
    gate = Gate(Limits(requests_per_minute=600, burst=1, tokens_per_minute=6000), clock)
    for _ in range(50):
        told = admitted(gate, tokens=70)
        while told is not True:
            clock.now += float(told)
            told = admitted(gate, tokens=70)
            assert told is True
    assert 34 <= clock.now <= 34.1  # 50 times 70 tokens, less a burst of 100, at 100 a second
    assert gate.headers()["x-ratelimit-limit-tokens"] == "6000"


def test_tokens_are_counted_and_the_larger_wait_is_told():
    clock = Clock()
    gate = Gate(Limits(tokens_per_minute=6000, burst=1), clock)
    assert admitted(gate, tokens=60) is True
    assert admitted(gate, tokens=60) == "0.201"
    assert admitted(gate, tokens=40) is True
    clock.now += 1
    assert admitted(gate, tokens=10_000) is True  # more than any full bucket holds, else it would wait for ever


def test_what_is_turned_away_uses_nothing_up():
    clock = Clock()
    gate = Gate(Limits(requests_per_minute=60, tokens_per_minute=60, burst=2), clock)
    assert admitted(gate, tokens=2) is True
    assert [admitted(gate, tokens=1) is True for _ in range(5)] == [False] * 5
    clock.now += 1
    assert admitted(gate, tokens=1) is True


def test_a_gate_may_keep_silent_on_when_to_come_back():
    gate = Gate(Limits(concurrent=2, retry_after=False))
    assert admitted(gate, in_flight=1) is True
    assert admitted(gate, in_flight=2) is None


@pytest.mark.parametrize("cap", [1, 3])
def test_no_more_than_the_cap_are_in_flight(serve_mock, asked, cap):
    server = serve_mock(latency=0.4, limits={"concurrent": cap})
    statuses = []
    threads = [
        threading.Thread(target=lambda place=place: statuses.append(asked(server, f"p{place}").status))
        for place in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * cap + [429] * (6 - cap)
    assert asked(server, "afterwards").status == 200
    stats = server.stats()
    assert (stats["peak"], stats["billed"], stats["rate_limited"]) == (cap, cap + 1, 6 - cap)


def test_latencies_spread(serve_mock, asked):
    server = serve_mock(latency=0.05, spread=0.5)
    started = time.monotonic()
    for place in range(4):
        asked(server, f"p{place}")
    assert time.monotonic() - started >= 4 * 0.025
