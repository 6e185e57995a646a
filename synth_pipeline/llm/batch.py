"""The Batch API: requests gathered into files, answered within a day, under the same keys in the same ledger.

A batch is noted in the ledger before it is submitted, under a name of our own that goes with it as metadata: after a
crash it is found again, by the ledger or else in the endpoint's list, and is not paid for twice.
"""

import asyncio
import json
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm.connection import Connection, read
from synth_pipeline.llm.failures import Failure, Unreachable, of_status, unreachable
from synth_pipeline.llm.ledger import Asked, RequestLedger, Submitted
from synth_pipeline.llm.outcome import Kind, Reply, judge
from synth_pipeline.llm.prices import tariff_of
from synth_pipeline.llm.request import Request

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MOST = 10_000  # requests in one batch
LARGEST = 90_000_000  # bytes of one file
LINGER = 0.3  # seconds without a new request, after which a batch is full enough
FIRST_LOOK, RAREST_LOOK = 1.0, 60.0  # seconds between two looks at a batch
ATTEMPTS = 6
_MARK = "synth_intent"
_ENDED = {"completed", "expired", "cancelled"}


class Batcher:
    """Gathers the requests to one endpoint into batches and fetches what came of them."""

    def __init__(
        self, connection: Connection, ledger: RequestLedger, who: tuple[str, str], first_look: float = FIRST_LOOK
    ) -> None:
        self._connection, self._ledger, self._who, self._first_look = connection, ledger, who, first_look
        self._gathered: dict[str, tuple[Request, Asked]] = {}
        self._waiting: dict[str, tuple[Request, asyncio.Future[Reply]]] = {}
        self._gatherer: asyncio.Task[None] | None = None
        self._batches: dict[str, asyncio.Task[None]] = {}
        self._intents: dict[str, str] = {}  # of the requests that a batch was noted for

    async def ask(self, request: Request, parent: str | None, intent: str | None) -> Reply:
        """The reply to a request, settled in the ledger; with an intent it is in a batch already.

        Raises Unreachable only where nothing was submitted, so that another endpoint may be asked.
        """
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.key] = (request, future)
        if intent is None:
            self._gather(request, Asked.of(request, parent))
        else:
            self._intents[request.key] = intent
            if intent not in self._batches:
                self._start(intent, request)
        try:
            return await future
        finally:
            self._waiting.pop(request.key, None)
            self._gathered.pop(request.key, None)
            self._intents.pop(request.key, None)

    async def close(self) -> None:
        """Stop looking; batches that were submitted go on, and stand in the ledger."""
        tasks = [*self._batches.values(), *([self._gatherer] if self._gatherer else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _gather(self, request: Request, asked: Asked) -> None:
        self._gathered[request.key] = (request, asked)
        if self._gatherer is None or self._gatherer.done():
            self._gatherer = asyncio.create_task(self._submit_when_full())

    def _start(self, intent: str, request: Request) -> None:
        task = asyncio.create_task(self._fetch(intent, request))
        self._batches[intent] = task
        task.add_done_callback(lambda done: self._ended(intent, done))

    def _ended(self, intent: str, task: "asyncio.Task[None]") -> None:
        del self._batches[intent]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error, [key for key in self._waiting if self._intents.get(key) == intent])

    def _fail(self, error: BaseException, keys: Sequence[str]) -> None:
        for key in keys:
            if not (future := self._waiting[key][1]).done():
                future.set_exception(error)

    async def _submit_when_full(self) -> None:
        try:
            while self._gathered:
                size = -1
                while size != len(self._gathered) < MOST:
                    size = len(self._gathered)
                    await asyncio.sleep(LINGER)
                some, bytes_ = {}, 0
                for key, (_, asked) in list(self._gathered.items())[:MOST]:
                    bytes_ += 2 * len(asked.content)
                    if some and bytes_ > LARGEST:
                        break
                    some[key] = self._gathered.pop(key)
                if some:
                    await self._submit(some)
        except SynthError as error:  # of other batches the answers may still come
            self._fail(error, [key for key in self._waiting if self._intents.get(key) not in self._batches])

    async def _submit(self, some: dict[str, tuple[Request, Asked]]) -> None:
        """Note, upload, create, note the name.  What is not created yet at a crash is looked for by its mark."""
        intent, first = uuid.uuid4().hex, next(iter(some.values()))[0]
        url = "/v1/chat/completions"
        lines = [{"custom_id": key, "method": "POST", "url": url, "body": request.body()}
                 for key, (request, _) in some.items()]  # fmt: skip
        data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        self._intents.update(dict.fromkeys(some, intent))
        await self._ledger.intend(intent, first.endpoint.base_url, [asked for _, asked in some.values()])
        try:
            file = await self._persist(first, lambda sdk: sdk.files.create(file=("batch.jsonl", data), purpose="batch"))
        except SynthError as error:
            await self._ledger.finished(intent)  # nothing was submitted
            if isinstance(error, _Unheard):
                raise Unreachable(error.problem, error.fix) from None
            raise

        async def create(sdk: "AsyncOpenAI") -> Any:
            made = await _search(sdk, intent)
            return made or await sdk.batches.create(input_file_id=file.id, endpoint=url, completion_window="24h",
                                                    metadata={_MARK: intent})  # fmt: skip

        try:
            batch = await self._persist(first, create)
        except _Rejected:
            await self._ledger.finished(intent)
            raise
        await self._ledger.submitted(intent, batch.id)
        self._start(intent, first)

    async def _fetch(self, intent: str, request: Request) -> None:
        """Wait for a batch, keep all of it in one transaction, and hand it on."""
        known = await self._ledger.batch(intent)
        name = known.batch
        if name is None:
            found = await self._persist(request, lambda sdk: _search(sdk, intent))
            if found is None:
                await self._anew(known)
                return
            name = str(found.id)
            await self._ledger.submitted(intent, name)
        batch, pause = None, self._first_look
        while batch is None or batch.status not in _ENDED:
            batch = await self._persist(request, lambda sdk: sdk.batches.retrieve(name))
            if batch.status == "failed":
                await self._ledger.finished(intent)
                raise _failed(request, batch)
            if batch.status not in _ENDED:
                await asyncio.sleep(pause)
                pause = min(RAREST_LOOK, pause * 1.5)
        replies = await self._replies(known, batch, request)
        await self._ledger.settle_batch(intent, [(known.items[key], one) for key, one in replies.items()], self._who)
        for key, reply in replies.items():
            self._answer(key, reply)

    async def _anew(self, known: Submitted) -> None:
        """The crash came before the batch was created: its requests are gathered once more."""
        await self._ledger.finished(known.intent)
        for key, asked in known.items.items():
            if key in self._waiting:
                self._gather(self._waiting[key][0], asked)

    async def _replies(self, known: Submitted, batch: Any, request: Request) -> dict[str, Reply]:
        """What came of each request of a batch; those of another run that are in it too are paid for as well."""
        lines: list[dict[str, Any]] = []
        for file in (batch.output_file_id, batch.error_file_id):
            if file:
                content = await self._persist(request, lambda sdk, file=file: sdk.files.content(file))
                lines += [json.loads(line) for line in content.text.splitlines() if line.strip()]
        said = {str(line.get("custom_id")): line for line in lines}
        tariffs = {model: tariff_of(request.endpoint, model) for model in {one.model for one in known.items.values()}}
        replies = {}
        for key, asked in known.items.items():
            reply, tariff = _read(said.get(key), batch.status, request), tariffs[asked.model]
            if reply.kind is Kind.ANSWERED and key in self._waiting:
                kind, _, problem = judge(self._waiting[key][0], reply.text)
                reply = replace(reply, kind=kind, error=problem)
            replies[key] = replace(reply, cost=tariff.cost(reply.usage, batch=True), currency=tariff.currency,
                                   prices=tariff.version, batch=str(batch.id), attempts=1)  # fmt: skip
        return replies

    def _answer(self, key: str, reply: Reply) -> None:
        if key in self._waiting and not (future := self._waiting[key][1]).done():
            future.set_result(reply)

    async def _persist(self, request: Request, send: "Callable[[AsyncOpenAI], Awaitable[Any]]") -> Any:
        """Do something with the Batch API, trying again where that may help."""
        for attempt in range(ATTEMPTS):
            said = await self._connection.call(request, send)
            if not isinstance(said, Failure):
                return said
            if said.fatal is not None:
                raise _Rejected(said.fatal.problem, said.fatal.fix)
            if attempt < ATTEMPTS - 1:
                await asyncio.sleep((said.after or 0.0) + random.uniform(0, 0.5 * 2**attempt))  # noqa: S311 - a wait
        error = unreachable(request, said.error)
        raise _Unheard(error.problem, error.fix)


class _Unheard(SynthError):
    """The endpoint says nothing.  A batch that it may have goes on and is billed: nobody is asked in its place."""


class _Rejected(SynthError):
    """The endpoint said no, so nothing was made."""


async def _search(sdk: "AsyncOpenAI", intent: str) -> Any:
    """The batch with our mark among the latest thousand, or None."""
    seen = 0
    async for batch in sdk.batches.list(limit=100):
        if (batch.metadata or {}).get(_MARK) == intent:
            return batch
        seen += 1
        if seen >= 1000:
            break
    return None


def _read(line: dict[str, Any] | None, status: str, request: Request) -> Reply:
    """One line of a result file."""
    if line is None:
        return Reply(Kind.FAILED, error=f"batch {status}")
    response = line.get("response") or {}
    code, body = int(response.get("status_code") or 0), response.get("body") or {}
    if code == 200:
        said = read(body, str(response.get("request_id") or ""))
    else:
        error = line.get("error") or {}
        said = of_status(request, code or 500, {}, body if code else {"error": error})
    if isinstance(said, Reply):
        return said
    kind = Kind.REFUSED if said.refused else Kind.FAILED
    return Reply(kind, error=said.error, words=said.words, request_id=said.request_id)


def _failed(request: Request, batch: Any) -> SynthError:
    errors = getattr(getattr(batch, "errors", None), "data", None) or []
    codes = ", ".join(sorted({str(one.code)[:60] for one in errors if one.code})) or "no reason given"
    return SynthError(
        f"The endpoint {request.endpoint.name!r} rejects a batch ({codes}).",
        f"mend 'model' of the endpoint {request.endpoint.name!r}, or set its 'mode' to online.",
    )
