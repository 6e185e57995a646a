"""Vectors of texts: each text is a request with a key of its own, and many of them go in one call.

So every text is claimed, kept and paid for once, whichever others it was sent with.
"""

import asyncio
import base64
import json
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm.failures import Failure
from synth_pipeline.llm.flow import Job
from synth_pipeline.llm.outcome import Kind, Reply, Usage
from synth_pipeline.llm.request import Request
from synth_pipeline.spec.endpoint import Endpoint

MOST = 128  # texts in one call
LARGEST = 200_000  # characters in one call, unless a single text has more
LINGER = 0.005  # seconds without a new text, after which a call is full enough


@dataclass(frozen=True, eq=False)
class Embedding(Request):
    """What is asked for the vectors of the texts that ``messages`` hold: one where it is to be kept."""

    @classmethod
    def of(cls, endpoint: Endpoint, texts: Sequence[str], dimensions: int | None = None) -> "Embedding":
        parameters = {} if dimensions is None else {"dimensions": dimensions}
        return cls(endpoint, endpoint.model, [{"content": text} for text in texts], None, parameters)

    @property
    def path(self) -> str:
        return "/embeddings"

    @property
    def together(self) -> int:
        return MOST

    @property
    def texts(self) -> list[str]:
        return [message["content"] for message in self.messages]

    @cached_property
    def content(self) -> str:
        asked = {"endpoint": self.endpoint.base_url, "model": self.model, "embed": self.texts,
                 "parameters": dict(self.parameters)}  # fmt: skip
        return json.dumps(asked, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def body(self) -> dict[str, Any]:
        return {"model": self.model, "input": self.texts, "encoding_format": "base64", **self.parameters}

    def tokens(self) -> tuple[int, int | None]:
        return super().tokens()[0], 0

    def read(self, content: bytes | str | dict[str, Any], request_id: str) -> Reply | Failure:
        """The vectors in the order of the texts, each as base64 of 32-bit floats."""
        try:
            body = content if isinstance(content, dict) else json.loads(content)
            items = sorted(body["data"], key=lambda one: one["index"])
            vectors = tuple(_packed(one["embedding"]) for one in items)
            used = Usage(int(body["usage"]["prompt_tokens"]), 0) if body.get("usage") else None
        except (ValueError, TypeError, LookupError, AttributeError, struct.error):
            return Failure("an answer that holds no vectors", lost=True, request_id=request_id)
        if len(vectors) != len(self.messages) or len({len(one) for one in vectors}) != 1 or not vectors[0]:
            return Failure("an answer without a vector for each text", lost=True, request_id=request_id)
        return Reply(Kind.ANSWERED, vectors=vectors, usage=used, billed=True, request_id=request_id)


class Embedder:
    """Gathers texts for one endpoint into calls; ``ask`` sends a call until it is answered."""

    def __init__(self, ask: Callable[[Request, Job], Awaitable[Reply]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Request, Job, asyncio.Future[Reply]]] = []
        self._gatherer: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def ask(self, request: Request, job: Job) -> Reply:
        """The reply to a request for one vector."""
        entry = (request, job, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        if self._gatherer is None or self._gatherer.done():
            self._gatherer = asyncio.create_task(self._send_when_full())
        try:
            return await entry[2]
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    async def _send_when_full(self) -> None:
        while self._waiting:
            size = -1
            while size != len(self._waiting) < MOST:
                size = len(self._waiting)
                await asyncio.sleep(LINGER)
            some, letters = [], 0
            while self._waiting and len(some) < MOST:
                letters += len(self._waiting[0][0].content)
                if some and letters > LARGEST:
                    break
                some.append(self._waiting.pop(0))
            if some:
                call = asyncio.create_task(self._call(some))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)

    async def _call(self, some: Sequence[tuple[Request, Job, asyncio.Future[Reply]]]) -> None:
        requests = [one for one, _, _ in some]
        texts = [message["content"] for one in requests for message in one.messages]
        first = requests[0]
        whole = replace(first, messages=[{"content": text} for text in texts])
        try:
            replies = _apart(await self._ask(whole, _Joint([job for _, job, _ in some])), texts)
        except asyncio.CancelledError:
            for _, _, future in some:
                future.cancel()
        except SynthError as error:
            for _, _, future in some:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, _, future), reply in zip(some, replies, strict=True):
                if not future.done():
                    future.set_result(reply)


class _Joint(Job):
    """The jobs of the texts of one call; it goes on as long as one of them is wanted."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs

    def hold(self, free: Callable[[], None]) -> None:
        """The slot of a call is free at once: its texts are kept one by one."""
        free()

    @property
    def sending(self) -> bool:
        return any(job.sending for job in self._jobs)

    @sending.setter
    def sending(self, sending: bool) -> None:
        for job in self._jobs:
            job.sending = sending

    @property
    def stopping(self) -> bool:
        return all(job.stopping for job in self._jobs)


def _apart(reply: Reply, texts: Sequence[str]) -> list[Reply]:
    """The reply to each text of a call; tokens are shared by length, and add up to those of the call."""
    if reply.kind is not Kind.ANSWERED:
        return [reply] * len(texts)
    if reply.usage is None:
        return [replace(reply, text=vector, vectors=()) for vector in reply.vectors]
    letters, before, out = sum(map(len, texts)) or 1, 0, []
    seen = 0
    for text, vector in zip(texts, reply.vectors, strict=True):
        seen += len(text)
        upto = reply.usage.input * seen // letters
        out.append(replace(reply, text=vector, vectors=(), usage=Usage(upto - before, 0)))
        before = upto
    return out


def _packed(vector: str | list[float]) -> str:
    """As base64 of 32-bit floats, which is what was asked for, and what some servers do not know."""
    if isinstance(vector, str):
        if len(base64.b64decode(vector, validate=True)) % 4:
            raise ValueError("no 32-bit floats")
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
