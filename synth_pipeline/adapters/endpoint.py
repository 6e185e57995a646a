"""The declared endpoint as the language model that generators ask: client and ledger, open as long as rows are made.

The client lives on an event loop in a thread of its own, so that it works wherever it is asked from, a notebook's
own loop included.
"""

import asyncio
import threading
import uuid
from collections.abc import Coroutine, Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from synth_pipeline.adapters.requests import request_ledger
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.language_model import Answer, Question, Reason, speaking
from synth_pipeline.core.progress import report
from synth_pipeline.llm import BudgetReached, Client, Kind, Outcome, Purse, Request, RequestLedger, tariff_of
from synth_pipeline.llm.sharing import requests_of
from synth_pipeline.spec.asking import Asks, Spoken
from synth_pipeline.spec.endpoint import Budget

TOLD_EVERY = 2.0  # seconds

T = TypeVar("T")

_REASONS = {
    Kind.REFUSED: Reason.REFUSED,
    Kind.TRUNCATED: Reason.TRUNCATED,
    Kind.INVALID: Reason.INVALID,
    Kind.FAILED: Reason.FAILED,
}


@contextmanager
def connected(spoken: Asks | None, store: Store, dataset: str = "", run_id: str = "") -> Generator[None]:
    """Whoever asks inside is answered by the declared endpoint; nothing is opened where nobody asks.

    A budget counts all that went for the data set before; without a data set, what goes from now on.
    """
    if spoken is None:
        yield
        return
    run_id = run_id or f"generate-{uuid.uuid4().hex[:12]}"
    with opened(store, spoken.budget, dataset, run_id) as all_, speaking(Connected(spoken, *all_)):
        yield


@contextmanager
def opened(
    store: Store, budget: Budget | None, dataset: str, run_id: str
) -> Generator[tuple[Client, RequestLedger, asyncio.AbstractEventLoop]]:
    """A client on the ledger of the store, and the loop that it lives on, until the end."""
    with request_ledger(store) as ledger, event_loop() as loop:
        went = 0.0
        if budget is not None and dataset:
            went = result_of(loop, ledger.spent(budget.unit, dataset))
        client = Client(ledger, purse=Purse(budget, went), dataset=dataset, run_id=run_id)
        try:
            yield client, ledger, loop
        finally:
            result_of(loop, client.__aexit__(None, None, None))


def spoken_of(declared: object) -> Spoken | None:
    """Who is asked by what is declared, if anybody is."""
    return declared if isinstance(declared, Spoken) else None


class Connected:
    """The declared endpoints, as the port has them."""

    def __init__(self, spoken: Asks, client: Client, ledger: RequestLedger, loop: asyncio.AbstractEventLoop) -> None:
        self._spoken, self._client, self._ledger, self._loop = spoken, client, ledger, loop

    @property
    def endpoint(self) -> str:
        return self._spoken.endpoint.name

    @property
    def model(self) -> str:
        return self._spoken.endpoint.model

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """All answers, in the order of the questions; every few seconds tells how many there are and what they cost."""
        endpoints = self._spoken.endpoints
        requests = result_of(self._loop, requests_of(questions, endpoints, self._ledger))
        currencies = " or ".join(sorted({tariff_of(one).currency or "" for one in endpoints}))
        outcomes: dict[int, Outcome] = {}
        asking = asyncio.run_coroutine_threadsafe(self._outcomes(requests, outcomes), self._loop)
        try:
            while not _is_done(asking):
                report(_told(outcomes, len(requests), currencies))
        finally:
            asking.cancel()
        asking.result()
        return [_answer(outcomes.get(id(request))) for request in requests]

    async def _outcomes(self, requests: list[Request], outcomes: dict[int, Outcome]) -> None:
        """Fill in what comes; a budget that is spent is no error here, since what was paid for is of use."""
        try:
            async for outcome in self._client.complete(requests):
                outcomes[id(outcome.request)] = outcome
        except BudgetReached as reached:
            report(reached.problem)


def _answer(outcome: Outcome | None) -> Answer:
    if outcome is None:
        return Answer(None, Reason.UNASKED)
    tokens, asked = None if outcome.usage is None else outcome.usage.total, outcome.answered_by or outcome.request
    return Answer(outcome.parsed, _REASONS.get(outcome.kind), outcome.keys, outcome.request_id, tokens, outcome.cost,
                  asked.endpoint.name, asked.model)  # fmt: skip


def _told(outcomes: dict[int, Outcome], asked: int, currency: str) -> str:
    found = list(outcomes.values())  # the loop's thread goes on meanwhile
    costs = [one.cost for one in found if one.cost is not None]
    paid = f", {sum(costs):.4g} {currency} with what was paid before" if costs else ""
    return f"{len(found):,} of {asked:,} requests answered{paid}"


def _is_done(asking: Any) -> bool:
    """Wait a moment for it."""
    from concurrent.futures import wait

    return bool(wait([asking], TOLD_EVERY).done)


def result_of(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


@contextmanager
def event_loop() -> Generator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread until the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="language model", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
