"""The limits of the server, on requests in flight and on rates."""

import math
import time
from collections.abc import Callable

from synth_pipeline.mock.plan import Limits
from synth_pipeline.mock.rejection import too_many


class Bucket:
    """Fills at a steady rate up to what ``burst`` seconds bring."""

    def __init__(self, per_minute: float, burst: float, clock: Callable[[], float]) -> None:
        self.rate = per_minute / 60
        self.capacity = max(self.rate * burst, 1.0)
        self.level = self.capacity
        self.clock = clock
        self.at = clock()

    def wait(self, amount: float) -> float:
        """Seconds until so much can be taken; what no full bucket holds may be taken when it is full."""
        now = self.clock()
        self.level = min(self.capacity, self.level + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (min(amount, self.capacity) - self.level) / self.rate)

    def take(self, amount: float) -> None:
        self.level -= amount


class Gate:
    """Lets a request in, or turns it away; what is turned away uses up nothing."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        rates = {"requests": limits.requests_per_minute, "tokens": limits.tokens_per_minute}
        self.buckets = {name: Bucket(rate, limits.burst, clock) for name, rate in rates.items() if rate is not None}

    def admit(self, in_flight: int, tokens: int) -> None:
        """Raises Rejected with status 429."""
        cap = self.limits.concurrent
        if cap is not None and in_flight >= cap:
            raise too_many(f"{cap} requests in flight", self._after(0.05))
        amounts = {"requests": 1, "tokens": tokens}
        waits = {name: bucket.wait(amounts[name]) for name, bucket in self.buckets.items()}
        late = max(waits, key=waits.__getitem__, default=None)
        if late is not None and waits[late] > 0:
            raise too_many(f"{late} per minute", self._after(waits[late]), late)
        for name, bucket in self.buckets.items():
            bucket.take(amounts[name])

    def headers(self) -> dict[str, str]:
        """What is left of each rate, as the real service tells with every answer."""
        told: dict[str, str] = {}
        for name, bucket in self.buckets.items():
            told[f"x-ratelimit-limit-{name}"] = f"{bucket.rate * 60:.0f}"
            told[f"x-ratelimit-remaining-{name}"] = f"{max(bucket.level, 0):.0f}"
            told[f"x-ratelimit-reset-{name}"] = f"{(bucket.capacity - bucket.level) / bucket.rate:.3f}s"
        return told

    def _after(self, seconds: float) -> float | None:
        """In whole milliseconds, and never too early."""
        return math.ceil(seconds * 1000 + 1e-6) / 1000 if self.limits.retry_after else None
