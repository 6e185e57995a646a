"""A local endpoint, a ledger and requests.  To point the tests at another server, change ``server`` alone."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_pipeline.llm import Client, Outcome, Request, RequestLedger
from synth_pipeline.spec.endpoint import Endpoint
from tests.llm.server import InThread, Server


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth_pipeline.llm.client.FIRST_WAIT", 0.02)
    monkeypatch.setattr("synth_pipeline.llm.breaker.FIRST_PATIENCE", 0.3)
    monkeypatch.setattr("synth_pipeline.llm.breaker.FIRST_PAUSE", 0.05)
    monkeypatch.setattr("synth_pipeline.llm.batch.FIRST_LOOK", 0.02)
    monkeypatch.setattr("synth_pipeline.llm.batch.LINGER", 0.03)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = InThread(server)
    server.port = thread.port
    yield server
    thread.stop()


@pytest.fixture
def endpoint(server: Server) -> Callable[..., Endpoint]:
    """A declaration of the local endpoint, with changes."""

    def declare(**changes: Any) -> Endpoint:
        fields = {"name": "local", "base_url": f"http://127.0.0.1:{server.port}/v1", "model": "small",
                  "timeout_seconds": 5, "price": {"input": 1, "output": 2}}  # fmt: skip
        return Endpoint(**fields | changes)

    return declare


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[RequestLedger]:
    with RequestLedger(tmp_path / "requests.sqlite") as ledger:
        yield ledger


def asks(endpoint: Endpoint, number: int, **changes: Any) -> list[Request]:
    return [
        Request(endpoint, endpoint.model, [{"role": "user", "content": f"question {one}"}], **changes)
        for one in range(number)
    ]


def complete(ledger: RequestLedger, requests: Iterable[Request], **options: Any) -> list[Outcome]:
    """All outcomes, in the order of the requests."""
    requests = list(requests)

    async def run() -> list[Outcome]:
        async with Client(ledger, **options) as client:
            return [outcome async for outcome in client.complete(requests)]

    place = {id(request): number for number, request in enumerate(requests)}
    return sorted(asyncio.run(run()), key=lambda outcome: place[id(outcome.request)])
