"""A process that asks questions: python -m tests.llm.asking LEDGER PORT NUMBER MODE.  Prints each answer's key."""

import asyncio
import sys
from pathlib import Path

from synth_pipeline.llm import Client, RequestLedger
from synth_pipeline.spec.endpoint import Endpoint
from tests.llm.conftest import asks


async def ask(path: str, port: str, number: str, mode: str) -> None:
    endpoint = Endpoint.model_validate({"name": "local", "base_url": f"http://127.0.0.1:{port}/v1", "model": "small",
                                        "limits": {"concurrency": 16}, "mode": mode})  # fmt: skip
    with RequestLedger(Path(path)) as ledger:
        async with Client(ledger) as client:
            async for outcome in client.complete(asks(endpoint, int(number))):
                print(outcome.request.key, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
