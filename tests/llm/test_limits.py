"""What paces the requests: slots, rates, the breaker, what endpoints say about waiting, and prices."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from synth_pipeline.llm import Usage, tariff_of
from synth_pipeline.llm.breaker import FAILURES, PATIENCE, Breaker
from synth_pipeline.llm.failures import retry_after
from synth_pipeline.llm.limits import Pace, Slots
from synth_pipeline.spec.endpoint import Endpoint


def settled(cap: int, most: int, rounds: int = 100) -> tuple[list[int], float]:
    """Limits over the second half of so many rounds at an endpoint that refuses what is over its cap, and the share
    of requests that it refuses then."""

    async def run() -> tuple[list[int], float]:
        slots, limits, sent, refused, running = Slots(most), [], 0, 0, deque()
        steps = rounds * min(cap, most)
        for step in range(steps):
            while slots.in_flight < int(slots.limit):
                era = await slots.acquire()
                late = step >= steps // 2
                sent += late
                if len(running) >= cap:
                    refused += late
                    slots.release(era, answered=False, congested=True)
                else:
                    running.append(era)
            slots.release(running.popleft(), answered=True, congested=False)
            limits.append(int(slots.limit))
        return limits[steps // 2 :], refused / sent

    return asyncio.run(run())


@pytest.mark.parametrize(("cap", "most"), [(50, 256), (50, 4096), (8, 64), (500, 4096)])
def test_the_limit_settles_at_what_the_endpoint_bears(cap: int, most: int) -> None:
    limits, refused = settled(cap, most)
    assert 0.8 * cap <= min(limits) and max(limits) <= 1.2 * cap + 1
    assert refused < 0.01


def test_the_limit_doubles_per_round_until_a_refusal_and_stays_below_the_declared() -> None:
    limits, refused = settled(10**6, 300, 20)
    assert set(limits) == {300} and refused == 0


def test_refusals_of_one_burst_count_once() -> None:
    async def run() -> float:
        slots = Slots(32)
        eras = [await slots.acquire() for _ in range(32)]
        for era in eras[:20]:
            slots.release(era, answered=False, congested=True)
        return slots.limit

    assert asyncio.run(run()) == 24


def test_a_slot_of_one_who_was_cancelled_goes_to_the_next() -> None:
    async def run() -> bool:
        slots = Slots(1)
        await slots.acquire()
        first, second = (asyncio.create_task(slots.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        slots.release(0, answered=True, congested=False)
        first.cancel()  # it has the slot already, and was not told yet
        await asyncio.wait([first])
        await asyncio.wait_for(second, 1)
        return slots.in_flight == 1

    assert asyncio.run(run())


@pytest.mark.parametrize("per_minute", [1, 7, 60, 500, 100_000])
def test_a_rate_holds_in_every_minute_and_is_used(per_minute: int) -> None:
    pace, now, times = Pace(per_minute), 1000.0, []
    for _ in range(min(3 * per_minute, 200_000)):
        now += pace.reserve(1, now)
        times.append(now)
    most = max(sum(start <= at < start + 60 for at in times) for start in times[:: max(1, len(times) // 50)])
    assert most <= per_minute
    assert times[-1] - times[0] <= len(times) * 60 / max(1, per_minute - max(1, per_minute / 60))


def test_a_rate_of_tokens_learns_what_was_really_used() -> None:
    spendthrift, thrifty = Pace(6000), Pace(6000)
    for pace in (spendthrift, thrifty):
        assert pace.reserve(3000, 0.0) == 0.0
    thrifty.correct(-2900)
    assert thrifty.reserve(100, 0.0) < 0.1 and spendthrift.reserve(100, 0.0) > 25


def test_the_breaker_lets_one_probe_through_and_gives_up_in_the_end() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    breaker.answered()
    for _ in range(FAILURES):
        assert breaker.wait() == 0.0
        breaker.failed()
    assert breaker.wait() > 0
    now[0] += breaker.wait()
    assert breaker.wait() == 0.0 and breaker.wait() > 0  # one probe, the others wait
    breaker.failed()
    assert breaker.wait() > 0 and not breaker.is_down
    now[0] += PATIENCE + 1
    assert breaker.is_down
    assert breaker.wait() == 0.0
    breaker.answered()
    assert breaker.wait() == breaker.wait() == 0.0 and not breaker.is_down


def test_every_form_of_retry_after() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after({"retry-after": "2"}) == 2.0
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert 25 < (retry_after({"retry-after": soon}) or 0) <= 30
    assert retry_after({}) is retry_after({"retry-after": "soon"}) is None


def test_prices() -> None:
    usage = Usage(1_000_000, 500_000, 400_000)

    def cost(url: str, model: str, batch: bool = False, **price) -> float | None:
        declared = {"price": price} if price else {}
        return tariff_of(Endpoint(name="e", base_url=url, model=model, **declared)).cost(usage, batch=batch)

    openai = "https://api.openai.com/v1"
    assert cost(openai, "gpt-4o-mini") == pytest.approx(0.6 * 0.15 + 0.4 * 0.075 + 0.5 * 0.6)
    assert cost(openai, "gpt-4o-mini-2024-07-18", batch=True) == pytest.approx(0.21)
    assert cost("http://localhost:1/v1", "gpt-4o-mini") is None  # the same name elsewhere has another price
    assert cost(openai, "unheard") is None
    assert cost(openai, "unheard", input=1, output=2, currency="EUR") == pytest.approx(2.0)
    assert tariff_of(Endpoint(name="e", base_url=openai, model="o3")).version.startswith("openai-")
