"""How many requests an endpoint bears, found by trying, and the rates that it was declared to bear."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass

from synth_pipeline.spec.endpoint import Limits

FIRST = 32  # requests in flight to begin with
SLIGHT, STEEP = 0.9, 0.75  # what is left of the limit after a refusal: when it crept up to it, and when it ran into it
STEP = 50  # without refusals the limit grows by a fiftieth, and at least by one, per round of answers ...
SMALL = 16  # ... but where it is smaller than this by a sixteenth, or every round would bring a refusal
SLOWEST = 1 / 8  # of that, where it ran into the same ceiling time and again


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to send one request, and how things stood when it was given."""

    era: int
    tokens: int


class Slots:
    """Requests in flight: additive increase, multiplicative decrease (Chiu and Jain 1989).

    doi 10.1016/0169-7552(89)90019-6

    Until the first refusal the limit grows with every answer, which doubles it per round.  Refusals of requests
    that were sent before the last decrease say nothing new.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(min(most, FIRST))
        self.in_flight = 0
        self.era = 0
        self._steep = True
        self._ceiling, self._creep = float(most), 1.0
        self._answers = 0  # in this era
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def acquire(self) -> int:
        """Wait for a slot, first come first served; returns the era, to be given back with the slot."""
        if self._waiting or self.in_flight >= int(self.limit):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.in_flight -= 1
                    self._let_in()
                raise
        else:
            self.in_flight += 1
        return self.era

    def release(self, era: int, *, answered: bool, congested: bool) -> None:
        """Give a slot back, and learn from how the request fared."""
        self.learn(era, answered=answered, congested=congested)
        self.free()

    def learn(self, era: int, *, answered: bool, congested: bool) -> None:
        """Move the limit by how a request fared whose slot is still held."""
        if congested:
            self._shrink(era)
        elif answered:
            self._grow()

    def free(self) -> None:
        """Give a slot back."""
        self.in_flight -= 1
        self._let_in()

    def _shrink(self, era: int) -> None:
        if era != self.era:
            return
        ran = self._steep or (self.era > 0 and self._answers < self.limit)
        self._ceiling, self._creep = self.limit, self._creep if ran else max(SLOWEST, self._creep / 2)
        self.limit = max(1.0, self.limit * (STEEP if ran else SLIGHT))
        self._steep, self._answers = False, 0
        self.era += 1

    def _grow(self) -> None:
        self._answers += 1
        if self.in_flight < 0.8 * self.limit:
            return  # a limit that is not used is not tested either
        if self.limit > self._ceiling + 1:
            self._creep = 1.0  # it bears more than it did
        rise = 1.0 if self._steep else self._creep * max(min(1.0, self.limit / SMALL), self.limit / STEP) / self.limit
        self.limit = min(float(self.most), self.limit + rise)

    def _let_in(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


class Pace:
    """A rate per minute that holds in every window of a minute, sent evenly with a burst of one second's worth.

    The generic cell rate algorithm (ITU-T I.371) on a clock in seconds.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._free = per_minute is None
        whole = float(per_minute or 1)
        burst = max(1.0, whole / 60)
        self._each = 60.0 / max(whole - burst, burst)  # seconds per unit
        self._ahead = (burst - 1.0) * self._each
        self._due = 0.0

    def reserve(self, units: float, now: float) -> float:
        """Seconds to wait before so many units may go."""
        if self._free:
            return 0.0
        self._due = max(self._due, now)
        wait = max(0.0, self._due - self._ahead - now)
        self._due += units * self._each
        return wait

    def correct(self, units: float) -> None:
        """So many units more went than were reserved, or less if negative."""
        if not self._free:
            self._due += units * self._each


class Lane:
    """All requests to one model at one endpoint: slots, paces, and pauses that the endpoint asked for."""

    def __init__(self, limits: Limits) -> None:
        self.slots = Slots(limits.concurrency)
        self._requests = Pace(limits.requests_per_minute)
        self._tokens = Pace(limits.tokens_per_minute)
        self._pause_until = 0.0

    async def enter(self, tokens: int) -> Ticket:
        """Wait until a request of about so many tokens may be sent."""
        era = await self.slots.acquire()
        try:
            now = time.monotonic()
            at = now + max(self._requests.reserve(1, now), self._tokens.reserve(tokens, now))
            while (wait := max(at, self._pause_until) - time.monotonic()) > 0:
                await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self.slots.release(era, answered=False, congested=False)
            raise
        return Ticket(max(era, self.slots.era), tokens)

    def leave(self, ticket: Ticket, *, answered: bool, congested: bool, tokens: int | None = None) -> None:
        """Tell how it went; ``tokens`` is what the request really took.  The slot is held until ``free``."""
        if tokens is not None:
            self._tokens.correct(tokens - ticket.tokens)
        self.slots.learn(ticket.era, answered=answered, congested=congested)

    def free(self) -> None:
        """Let another request in: the answer to the last one is kept, or there is none."""
        self.slots.free()

    def pause(self, seconds: float) -> None:
        """Send nothing for so long: the endpoint asked for it."""
        self._pause_until = max(self._pause_until, time.monotonic() + seconds)
