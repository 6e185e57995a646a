"""A small endpoint for tests that need to say what the very next request gets, or to look at each one that came.

What the mock endpoint of the project can do is tested against that one, in test_against_mock.py.
"""

import asyncio
import contextlib
import hashlib
import itertools
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

Answer = dict[str, Any]


class Server:
    """``script`` holds faults for the next chat requests, each a status, a word or a function of the body."""

    def __init__(self, latency: float = 0.0) -> None:
        self.latency, self.retry_after = latency, None
        self.script: deque[Any] = deque()
        self.model, self.key, self.context, self.can_schema = "small", None, 10**9, True
        self.answer: Callable[[Answer], str] = lambda body: "an answer"
        self.billed: Counter[str] = Counter()
        self.bodies: list[Answer] = []
        self.headers: list[Answer] = []
        self.times: list[float] = []
        self.refused: list[float] = []
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Answer] = {}
        self.batches_to_drop = 0  # created, but the connection is lost before the answer
        self.batch_looks = 1  # a batch is completed at the so many-th look
        self._numbers = itertools.count(1)

    async def start(self, port: int = 0) -> int:
        server = await asyncio.start_server(self._connected, "127.0.0.1", port, backlog=4096)
        self._server = server
        return server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                method, path, _ = line.decode().split(" ")
                headers = {}
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                answer = await self._route(method, path.split("?")[0], headers, body)
                if answer is None:
                    break
                status, said, more = answer
                data = said if isinstance(said, bytes) else json.dumps(said).encode()
                more = {"content-type": "application/json", "content-length": len(data), **more}
                head = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + data)
                await writer.drain()
        writer.close()

    async def _route(self, method: str, path: str, headers: Answer, body: bytes) -> Any:
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            words = f"Incorrect API key provided: {headers.get('authorization')}"
            return 401, {"error": {"message": words, "code": "invalid_api_key"}}, {}
        if path.endswith("/chat/completions"):
            self.headers.append(headers)
            return await self._chat(json.loads(body))
        if path.endswith("/files"):
            boundary = body.split(b"\r\n", 1)[0]
            (part,) = (part for part in body.split(boundary) if b"filename=" in part)
            name = f"file-{next(self._numbers)}"
            self.files[name] = part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
            return 200, {"id": name, "object": "file", "bytes": 1, "created_at": 0, "filename": "b", "purpose": "batch",
                         "status": "processed"}, {}  # fmt: skip
        if path.endswith("/content"):
            return 200, self.files[path.split("/")[-2]], {}
        if path.endswith("/batches") and method == "POST":
            return self._new_batch(json.loads(body))
        if path.endswith("/batches"):
            return 200, {"object": "list", "data": list(self.batches.values()), "has_more": False}, {}
        return 200, self._look(self.batches[path.rsplit("/", 1)[1]]), {}

    async def _chat(self, body: Answer) -> Any:
        self.times.append(time.monotonic())
        self.bodies.append(body)
        fault = self.script.popleft() if self.script else None
        if isinstance(fault, int):
            return self._status(fault)
        if (wrong := self._wrong(body)) is not None:
            return wrong
        await asyncio.sleep(3600 if fault == "stall" else self.latency)
        if fault == "drop":
            return None
        return 200, self._complete(body, fault), {"x-request-id": f"req-{next(self._numbers)}"}

    def _status(self, status: int) -> Any:
        if status == 429:
            self.refused.append(time.monotonic())
        more = {} if self.retry_after is None else {"retry-after": self.retry_after}
        return status, {"error": {"message": "no", "code": "rate_limit_exceeded" if status == 429 else "broken"}}, more

    def _wrong(self, body: Answer) -> Any:
        error = None
        if body["model"] != self.model:
            return 404, {"error": {"message": "no such model", "code": "model_not_found"}}, {}
        if "response_format" in body and not self.can_schema:
            error = {"message": "unsupported", "param": "response_format", "code": "invalid_request_error"}
        elif len(json.dumps(body["messages"])) > self.context:
            error = {"message": "too long", "code": "context_length_exceeded"}
        return None if error is None else (400, {"error": error}, {})

    def _complete(self, body: Answer, fault: Any) -> Any:
        self.billed[_name(body)] += 1
        if fault == "malformed":
            return b"{half an answ"
        message: Answer = {"role": "assistant", "content": fault(body) if callable(fault) else self.answer(body)}
        ended = {"truncated": "length", "filtered": "content_filter"}.get(str(fault), "stop")
        if fault == "refused":
            message |= {"content": None, "refusal": "I would rather not."}
        usage = {"prompt_tokens": 50, "completion_tokens": 40, "total_tokens": 90}
        return {"id": "c", "object": "chat.completion", "created": 0, "model": body["model"], "usage": usage,
                "choices": [{"index": 0, "finish_reason": ended, "message": message}]}  # fmt: skip

    def _new_batch(self, body: Answer) -> Any:
        name = f"batch-{next(self._numbers)}"
        batch = {"id": name, "object": "batch", "endpoint": body["endpoint"], "completion_window": "24h", "looks": 0,
                 "input_file_id": body["input_file_id"], "status": "in_progress", "created_at": 0,
                 "metadata": body.get("metadata")}  # fmt: skip
        self.batches[name] = batch
        self.batches_to_drop -= 1
        return None if self.batches_to_drop >= 0 else (200, batch, {})

    def _look(self, batch: Answer) -> Answer:
        batch["looks"] += 1
        if batch["status"] == "in_progress" and batch["looks"] >= self.batch_looks:
            lines = []
            for line in map(json.loads, self.files[batch["input_file_id"]].splitlines()):
                fault = self.script.popleft() if self.script else None
                code = fault if isinstance(fault, int) else 200
                body = self._complete(line["body"], fault) if code == 200 else {"error": {"message": "no"}}
                said = {"status_code": code, "request_id": "b", "body": body}
                lines.append(json.dumps({"id": "x", "custom_id": line["custom_id"], "response": said, "error": None}))
            name = f"file-{next(self._numbers)}"
            self.files[name] = "\n".join(lines).encode()
            batch |= {"status": "completed", "output_file_id": name}
        return batch

    def stats(self) -> Answer:
        return {
            "requests": len(self.times), "billed": sum(self.billed.values()),
            "most_often": max(self.billed.values(), default=0),
        }  # fmt: skip


def _name(body: Answer) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class InThread:
    """A server in a thread of its own, so that tests need not share its loop."""

    def __init__(self, server: Server) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(server.start(), self.loop).result()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
