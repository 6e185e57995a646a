"""A stream of requests on its way: so many at a time, outcomes as they come, and nothing lost where it stops."""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable

from synth_pipeline.llm.ledger import Claim, RequestLedger
from synth_pipeline.llm.outcome import Outcome
from synth_pipeline.llm.request import Request
from synth_pipeline.spec.endpoint import Mode

CHUNK = 256  # requests that are claimed in one go
LOOK_AGAIN = 0.2  # seconds between two looks at what another process is at
_BATCHED = 20_000  # requests under way where they go in batches


class Job:
    """One request under way.  ``sending``: it may be billed at any moment, so it is let finish.

    It holds its slot until the answer is on the disk, so that a kill loses no more than may be in flight.
    """

    def __init__(self) -> None:
        self.sending = False
        self.stopping = False
        self._free: Callable[[], None] | None = None

    def hold(self, free: Callable[[], None]) -> None:
        """Keep a slot until ``let_go``."""
        self._free = free

    def let_go(self) -> None:
        """Give back what slot is held, if any is."""
        free, self._free = self._free, None
        if free is not None:
            free()

    def go_on(self) -> None:
        """Raise CancelledError where no further attempt is wanted."""
        if self.stopping:
            raise asyncio.CancelledError


class Flow:
    """Takes requests in as there is room, claims them together, and has each served by a task of its own."""

    def __init__(
        self,
        ledger: RequestLedger,
        serve: Callable[[Request, Claim, Job], Awaitable[Outcome]],
        requests: Iterable[Request] | AsyncIterable[Request],
    ) -> None:
        self._ledger, self._serve, self._requests = ledger, serve, requests
        self._room, self._held = CHUNK, 0  # requests taken in whose outcome is not handed on
        self._rooms: dict[str, int] = {}  # by endpoint
        self._jobs: dict[asyncio.Task[Outcome], Job] = {}
        self._elsewhere: list[Request] = []
        self._ready: deque[Outcome] = deque()
        self._news, self._left = asyncio.Event(), asyncio.Event()
        self._error: BaseException | None = None
        self._helpers: list[asyncio.Task[None]] = []

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Outcomes in the order in which they come; at the end, or when one is fatal, the error."""
        self._helpers = [asyncio.create_task(self._take_in()), asyncio.create_task(self._look_elsewhere())]
        self._helpers[0].add_done_callback(self._noted)
        self._helpers[1].add_done_callback(self._noted)
        try:
            while not self._over():
                if self._ready:
                    yield self._hand_on()
                    continue
                self._news.clear()
                await self._news.wait()
            await self.drain()
            while self._ready:
                yield self._hand_on()
        finally:
            await self.drain()
        if self._error is not None:
            raise self._error

    async def drain(self) -> None:
        """Send nothing more, wait for what is in flight and keep it."""
        for helper in self._helpers:
            helper.cancel()
        for task, job in self._jobs.items():
            job.stopping = True
            if not job.sending:
                task.cancel()
        while self._jobs:
            await asyncio.wait(list(self._jobs))
            await asyncio.sleep(0)  # their callbacks
        await asyncio.gather(*self._helpers, return_exceptions=True)

    def _over(self) -> bool:
        if self._error is not None:
            return True
        return self._helpers[0].done() and not (self._jobs or self._elsewhere or self._ready)

    def _hand_on(self) -> Outcome:
        self._held -= 1
        self._left.set()
        return self._ready.popleft()

    async def _take_in(self) -> None:
        async for chunk in self._chunks():
            self._held += len(chunk)
            self._spread(chunk, await self._ledger.claim(chunk))

    async def _look_elsewhere(self) -> None:
        """What another process, or this one, is at already: its answer will be ours too."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            if self._elsewhere:
                waiting = list(self._elsewhere)  # they stay on the list meanwhile, or the flow would seem to be over
                claims = await self._ledger.claim(waiting)
                del self._elsewhere[: len(waiting)]
                self._spread(waiting, claims)

    def _spread(self, requests: list[Request], claims: list[Claim]) -> None:
        for request, claim in zip(requests, claims, strict=True):
            if not claim.mine and claim.reply is None:
                self._elsewhere.append(request)
                continue
            job = Job()
            task = asyncio.create_task(self._serve(request, claim, job))
            self._jobs[task] = job
            task.add_done_callback(self._served)

    def _served(self, task: "asyncio.Task[Outcome]") -> None:
        del self._jobs[task]
        self._news.set()
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._error = self._error or error
            return
        self._ready.append(task.result())

    def _noted(self, helper: "asyncio.Task[None]") -> None:
        self._news.set()
        if not helper.cancelled() and (error := helper.exception()) is not None:
            self._error = self._error or error

    async def _chunks(self) -> AsyncIterator[list[Request]]:
        """Requests as there is room for them."""
        if isinstance(self._requests, AsyncIterable):
            async for request in self._requests:
                await self._make_room(request)
                yield [request]
            return
        source = iter(self._requests)
        while chunk := list(itertools.islice(source, max(1, min(CHUNK, self._room - self._held)))):
            await self._make_room(*chunk)
            yield chunk

    async def _make_room(self, *requests: Request) -> None:
        for request in requests:
            batched = request.endpoint.mode is Mode.BATCH
            most = _BATCHED if batched else min(_BATCHED, 2 * request.endpoint.limits.concurrency * request.together)
            self._rooms[request.endpoint.name] = most
        self._room = max(CHUNK, sum(self._rooms.values()))  # so that none keeps the others waiting
        while self._held + len(requests) > self._room:
            self._left.clear()
            await self._left.wait()
