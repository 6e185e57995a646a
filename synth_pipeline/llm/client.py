"""The client: requests in, outcomes out.  What stands in the ledger is not sent; all answers go there first."""

import asyncio
import random
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import replace

from pydantic import BaseModel

from synth_pipeline.llm.batch import Batcher
from synth_pipeline.llm.breaker import Breaker
from synth_pipeline.llm.budget import Purse
from synth_pipeline.llm.connection import Connection
from synth_pipeline.llm.embedder import Embedder, Embedding
from synth_pipeline.llm.failures import Failure, Unreachable, too_busy, unreachable
from synth_pipeline.llm.flow import LOOK_AGAIN, Flow, Job
from synth_pipeline.llm.ledger import Asked, Claim, RequestLedger
from synth_pipeline.llm.limits import Lane
from synth_pipeline.llm.outcome import Kind, Outcome, Reply, judge, repair_of
from synth_pipeline.llm.prices import tariff_of
from synth_pipeline.llm.request import Request
from synth_pipeline.spec.endpoint import Endpoint, Mode

ATTEMPTS = 6  # after which a request that fails while others pass is given up
BUSY_ATTEMPTS = 40  # the same where the endpoint only says that it is busy
LONGEST_PAUSE = 600.0  # seconds that an endpoint may ask for
_ELSEWHERE = Failure("the endpoint is down, and another one was asked")
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; a retry waits a random part of the doubling wait (full jitter)


class Client:
    """Sends requests to any number of endpoints and keeps every answer in the ledger before it is handed on.

    ``repairs`` follow-ups at most show the model what is wrong with an answer that does not validate.  The order
    of outcomes is that in which they come.

    >>> async with Client(ledger, purse=Purse(budget), dataset="faq", run_id="r1") as client:
    ...     async for outcome in client.complete(requests):
    """

    def __init__(
        self,
        ledger: RequestLedger,
        *,
        purse: Purse | None = None,
        dataset: str = "",
        run_id: str = "",
        repairs: int = 1,
    ) -> None:
        self._ledger, self._purse, self._repairs = ledger, purse or Purse(), repairs
        self._who = (dataset, run_id)
        self._connections: dict[str, Connection] = {}
        self._breakers: dict[str, Breaker] = {}
        self._batchers: dict[str, Batcher] = {}
        self._embedders: dict[str, Embedder] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._flows: set[Flow] = set()
        self._chance = random.Random()  # noqa: S311 - waits only; no answer depends on it

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        for flow in list(self._flows):
            await flow.drain()
        for batcher in self._batchers.values():
            await batcher.close()
        for connection in self._connections.values():
            await connection.close()

    async def complete(self, requests: Iterable[Request] | AsyncIterable[Request]) -> AsyncIterator[Outcome]:
        """An outcome for each request, as they come; requests are taken in as there is room for them.

        Raises SynthError where the user has to mend something (a key, a model, a schema, a budget): after all
        that was in flight was kept and handed on.  The same holds where it is cancelled.
        """
        flow = Flow(self._ledger, self._serve, requests)
        self._flows.add(flow)
        try:
            async for outcome in flow.outcomes():
                yield outcome
        finally:
            await flow.drain()
            self._flows.discard(flow)

    def lane(self, endpoint: Endpoint, model: str | None = None) -> Lane:
        """How many requests are in flight to a model, and how many it was found to bear."""
        name = (endpoint.base_url, model or endpoint.model)
        if name not in self._lanes:
            self._lanes[name] = Lane(endpoint.limits)
        return self._lanes[name]

    async def _serve(self, request: Request, claim: Claim, job: Job) -> Outcome:
        """The outcome of a request, its repairs included."""
        current = asked = request
        keys, replies, reused, spare = [request.key], [], True, list(request.spare)
        while True:
            reply, paid = await self._reply(current, claim, job, keys[-2] if len(keys) > 1 else None, bool(spare))
            replies.append(reply)
            reused = reused and not paid
            kind, parsed, problem = _judged(current, reply)
            if kind is Kind.FAILED and spare:
                job.go_on()
                current = asked = spare.pop(0)
                keys, replies = [current.key], [one for one in replies if one.kind is not Kind.FAILED]
                claim = await self._hold(current)
                continue
            if kind is not Kind.INVALID or len(keys) > self._repairs:
                outcome = _outcome(request, kind, parsed, problem, replies, keys, reused)
                return replace(outcome, answered_by=asked)
            job.go_on()
            current = repair_of(current, reply.text, problem)
            keys.append(current.key)
            claim = await self._hold(current)

    async def _hold(self, request: Request) -> Claim:
        """Claim one request, waiting for whoever is at it."""
        while True:
            (claim,) = await self._ledger.claim([request])
            if claim.mine or claim.reply is not None:
                return claim
            await asyncio.sleep(LOOK_AGAIN)

    async def _reply(
        self, request: Request, claim: Claim, job: Job, parent: str | None, has_spare: bool
    ) -> tuple[Reply, bool]:
        """What the ledger has, or else what the endpoint says; and whether it was asked for now."""
        if claim.reply is not None:
            return claim.reply, False
        kept = False
        try:
            reply = await self._pay(request, claim, job, parent, has_spare)
            kept = reply.attempts > 0
        finally:
            job.sending = False
            job.let_go()
            if not kept:
                await self._ledger.release([request.key])
        return reply, kept

    async def _pay(self, request: Request, claim: Claim, job: Job, parent: str | None, has_spare: bool) -> Reply:
        endpoint, tariff = request.endpoint, tariff_of(request.endpoint, request.model)
        self._purse.check(endpoint.name, tariff)
        share, reply = await self._purse.reserve(request, tariff), None
        try:
            if endpoint.mode is Mode.BATCH or claim.intent is not None:
                reply = await self._batched(request, parent, claim.intent, has_spare)
                return reply
            if isinstance(request, Embedding):
                asked = await self._embedder(endpoint).ask(request, job)
            else:
                asked = await self._ask(request, job, has_spare)
            if not asked.attempts:
                return asked
            kind, _, problem = _judged(request, asked)
            reply = replace(asked, kind=kind, error=asked.error or problem, cost=tariff.cost(asked.usage),
                            currency=tariff.currency, prices=tariff.version)  # fmt: skip
            await self._ledger.settle(Asked.of(request, parent), reply, self._who)
            return reply
        finally:
            self._purse.settle(share, reply or Reply(Kind.FAILED))

    async def _batched(self, request: Request, parent: str | None, intent: str | None, has_spare: bool) -> Reply:
        try:
            return await self._batcher(request.endpoint).ask(request, parent, intent)
        except Unreachable as error:
            if not has_spare:
                raise
            return Reply(Kind.FAILED, error=error.problem)

    async def _ask(self, request: Request, job: Job, has_spare: bool = False) -> Reply:
        """Send a request until it is answered; this is the only place that tries again.

        Where somebody else can be asked instead, an endpoint that is down is not waited for.
        """
        lane, breaker = self.lane(request.endpoint, request.model), self._breaker(request.endpoint)
        attempts = busy = lost = 0
        tokens = sum(part or 0 for part in request.tokens())
        while True:
            job.go_on()
            said = await self._send(request, job, lane, breaker, tokens, has_spare)
            attempts += said is not _ELSEWHERE
            if isinstance(said, Reply):
                return replace(said, attempts=attempts, lost=lost)
            job.sending = False
            lost += said.lost
            if said.refused:
                return Reply(Kind.REFUSED, error=said.error, words=said.words, attempts=attempts, lost=lost)
            is_down = said is _ELSEWHERE
            try:
                _raise_if_fatal(request, said, breaker, last=attempts - busy >= ATTEMPTS)
            except Unreachable:
                if not has_spare:
                    raise
                is_down = True
            busy += said.congested and not said.down
            if is_down or attempts - busy >= ATTEMPTS or busy >= BUSY_ATTEMPTS:
                return Reply(Kind.FAILED, error=said.error, words=said.words, billed=None if lost else False,
                             request_id=said.request_id, attempts=attempts, lost=lost)  # fmt: skip
            await asyncio.sleep(self._wait(attempts, said.after))

    async def _send(
        self, request: Request, job: Job, lane: Lane, breaker: Breaker, tokens: int, has_spare: bool
    ) -> Reply | Failure:
        """One attempt, when lane and breaker let it go."""
        connection = self._connection(request.endpoint)
        ticket = await lane.enter(tokens)
        said: Reply | Failure | None = None
        try:
            while (wait := breaker.wait()) > 0:
                if has_spare:
                    said = _ELSEWHERE
                    return said
                await asyncio.sleep(wait)
            job.sending = True
            said = await connection.ask(request)
        finally:
            failure = said if isinstance(said, Failure) else None
            if failure is not None and failure.after is not None:
                lane.pause(failure.after)
            used = said.usage.total if isinstance(said, Reply) and said.usage else None
            lane.leave(ticket, answered=isinstance(said, Reply), congested=failure is not None and failure.congested,
                       tokens=used)  # fmt: skip
            if isinstance(said, Reply):
                job.hold(lane.free)
            else:
                lane.free()
            if said is None:
                breaker.abandoned()
            elif said is _ELSEWHERE:
                pass
            elif failure is not None and failure.down:
                breaker.failed()
            else:
                breaker.answered()
        return said

    def _wait(self, attempts: int, after: float | None) -> float:
        spread = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))
        return (after or 0.0) + self._chance.uniform(0, spread)

    def _connection(self, endpoint: Endpoint) -> Connection:
        if endpoint.name not in self._connections:
            self._connections[endpoint.name] = Connection(endpoint)
        return self._connections[endpoint.name]

    def _breaker(self, endpoint: Endpoint) -> Breaker:
        return self._breakers.setdefault(endpoint.base_url, Breaker())

    def _embedder(self, endpoint: Endpoint) -> Embedder:
        return self._embedders.setdefault(endpoint.name, Embedder(self._ask))

    def _batcher(self, endpoint: Endpoint) -> Batcher:
        if endpoint.name not in self._batchers:
            self._batchers[endpoint.name] = Batcher(self._connection(endpoint), self._ledger, self._who)
        return self._batchers[endpoint.name]


def _raise_if_fatal(request: Request, failure: Failure, breaker: Breaker, *, last: bool) -> None:
    if failure.fatal is not None:
        raise failure.fatal
    if (failure.after or 0.0) > LONGEST_PAUSE:
        raise too_busy(request, failure.after or 0.0)
    if failure.down and (breaker.is_down or (last and not breaker.ever_answered)):
        raise unreachable(request, failure.error)


def _judged(request: Request, reply: Reply) -> tuple[Kind, BaseModel | None, str]:
    """A complete answer is validated each time it is used: validators may have changed since it was kept."""
    if reply.kind in (Kind.ANSWERED, Kind.INVALID):
        return judge(request, reply.text)
    return reply.kind, None, reply.error


def _outcome(
    request: Request, kind: Kind, parsed: BaseModel | None, problem: str, replies: list[Reply], keys: list[str],
    reused: bool,
) -> Outcome:  # fmt: skip
    last = replies[-1]
    usages = [reply.usage for reply in replies if reply.usage is not None]
    costs = [reply.cost for reply in replies if reply.cost is not None]
    return Outcome(
        request=request,
        kind=kind,
        text=last.text,
        parsed=parsed,
        usage=sum(usages[1:], usages[0]) if len(usages) == len(replies) else None,
        cost=sum(costs) if len(costs) == len(replies) else None,
        billed=any(reply.billed for reply in replies) or last.billed,
        request_id=last.request_id,
        error=problem,
        reused=reused,
        keys=tuple(keys),
    )
