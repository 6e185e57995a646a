"""One endpoint over HTTP: asks once, and tells what came of it.  Nothing is tried again here."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm.embedder import Embedding
from synth_pipeline.llm.failures import Failure, of_status
from synth_pipeline.llm.outcome import Kind, Reply, Usage
from synth_pipeline.llm.prices import OPENAI
from synth_pipeline.llm.request import Request
from synth_pipeline.spec.endpoint import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_NO_KEY = "none"  # the SDK wants one, and would else take OPENAI_API_KEY


class Connection:
    """The open connections to an endpoint.  Raises SynthError where the key is not set."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._key = _key(endpoint)
        self._sdk = _sdk(endpoint, self._key)

    async def close(self) -> None:
        await self._sdk.close()

    async def ask(self, request: Request) -> Reply | Failure:
        """Send a request once and read the answer, unjudged and without its cost."""
        from httpx2 import Response

        started = time.perf_counter()
        headers = {"Idempotency-Key": request.key}  # OpenAI ignores it; gateways that know it bill once

        async def send(sdk: "AsyncOpenAI") -> Any:
            return await sdk.post(request.path, cast_to=Response, body=request.body(),
                                  options={"headers": headers})  # fmt: skip

        said = await self.call(request, send)
        if isinstance(said, Failure):
            return said
        reader = request.read if isinstance(request, Embedding) else read
        reply = reader(said.content, said.headers.get("x-request-id", ""))
        if isinstance(reply, Failure):
            return reply
        return replace(reply, latency=time.perf_counter() - started)

    async def call(self, request: Request, send: "Callable[[AsyncOpenAI], Awaitable[Any]]") -> Any:
        """Do something with the SDK in the endpoint's time; what goes wrong is returned as a Failure."""
        import httpx2
        import openai

        try:
            async with asyncio.timeout(self.endpoint.timeout_seconds):
                return await send(self._sdk)
        except openai.APIStatusError as error:
            failure = of_status(request, error.status_code, error.response.headers, error.body)
            return replace(failure, words=failure.words.replace(self._key, "***"))
        except openai.APIConnectionError as error:
            # aiohttp's dropped connections come as timeouts; only where none was made, nothing can have been billed
            refused = isinstance(error.__cause__, httpx2.ConnectError)
            return Failure("no connection" if refused else "connection lost", lost=not refused, down=True)
        except TimeoutError:
            return Failure(f"no answer in {self.endpoint.timeout_seconds:g} s", lost=True, congested=True, down=True)
        except httpx2.HTTPError:
            return Failure("connection lost", lost=True, down=True)


def read(content: bytes | str | dict[str, Any], request_id: str) -> Reply | Failure:
    """A chat completion as a reply: answered, refused or truncated."""
    try:
        body = content if isinstance(content, dict) else json.loads(content)
        choice = body["choices"][0]
        message, ended = choice["message"], choice.get("finish_reason")
        usage, text = _usage(body.get("usage")), message.get("content") or ""
        refusal, name = message.get("refusal"), str(body.get("id") or "")
    except (ValueError, TypeError, LookupError, AttributeError):
        return Failure("an answer that is no chat completion", lost=True, request_id=request_id)
    kind, error = Kind.ANSWERED, ""
    if refusal or ended == "content_filter":
        kind, error, text = Kind.REFUSED, ended if ended == "content_filter" else "refusal", text or str(refusal or "")
    elif ended == "length":
        kind, error = Kind.TRUNCATED, "length"
    return Reply(kind, text, error, usage=usage, billed=True, request_id=request_id or name)


def _usage(said: Any) -> Usage | None:
    if not isinstance(said, dict) or "prompt_tokens" not in said:
        return None
    details = said.get("prompt_tokens_details") or {}
    return Usage(int(said["prompt_tokens"]), int(said.get("completion_tokens") or 0),
                 int(details.get("cached_tokens") or 0))  # fmt: skip


def _key(endpoint: Endpoint) -> str:
    if endpoint.api_key_env is None:
        return _NO_KEY
    key = os.environ.get(endpoint.api_key_env, "").strip()
    if not key or not key.isascii():
        raise SynthError(
            f"The endpoint {endpoint.name!r} needs a key, and {endpoint.api_key_env} "
            f"{'holds none' if key else 'is not set'}.",
            f"set the environment variable {endpoint.api_key_env}, which 'api_key_env' names.",
        )
    return key


def _sdk(endpoint: Endpoint, key: str) -> "AsyncOpenAI":
    from httpx2 import Limits, Timeout
    from openai import AsyncOpenAI, DefaultAioHttpClient, Omit

    # the lane counts what is in flight, and a request has one deadline for everything; aiohttp's own default is 100
    most = endpoint.limits.concurrency + 16
    limits = Limits(max_connections=most, max_keepalive_connections=most)
    time_out = Timeout(endpoint.timeout_seconds + 5)  # ours comes first
    http = DefaultAioHttpClient(limits=limits, timeout=time_out)
    # the SDK would send OPENAI_ORG_ID and OPENAI_PROJECT_ID to whatever endpoint
    foreign = {} if urlsplit(endpoint.base_url).hostname == OPENAI else {
        "OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}  # fmt: skip
    return AsyncOpenAI(base_url=endpoint.base_url, api_key=key, max_retries=0, timeout=time_out, http_client=http,
                       default_headers=foreign)  # fmt: skip
