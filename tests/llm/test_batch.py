"""Batches: the same requests, the same ledger, and a crash at any moment."""

import asyncio

import pytest
from pydantic import BaseModel

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm import Kind
from synth_pipeline.llm.ledger import Asked
from tests.llm.conftest import asks, complete


class Example(BaseModel):
    """A label."""

    label: str


def test_batch_and_online_share_the_ledger(server, endpoint, ledger) -> None:
    price = {"input": 1, "output": 2, "batch": 0.5}
    batched = complete(ledger, asks(endpoint(mode="batch", price=price), 10))
    online = complete(ledger, asks(endpoint(price=price), 12))
    assert [outcome.reused for outcome in online] == [True] * 10 + [False] * 2
    assert batched[0].cost == pytest.approx(online[11].cost / 2)
    assert ledger.find(batched[0].request.key)[1].batch in server.batches
    assert (server.stats()["requests"], server.stats()["billed"]) == (2, 12)


def test_kinds_of_a_batch_and_repairs_in_a_second_one(server, endpoint, ledger) -> None:
    server.script.extend(["refused", "truncated", lambda body: "{}", 500])
    server.answer = lambda body: '{"label": "a"}'
    outcomes = complete(ledger, asks(endpoint(mode="batch"), 5, schema=Example))
    assert [one.kind for one in outcomes] == [
        Kind.REFUSED, Kind.TRUNCATED, Kind.ANSWERED, Kind.FAILED, Kind.ANSWERED,
    ]  # fmt: skip
    assert len(outcomes[2].keys) == 2 and len(server.batches) == 2
    assert complete(ledger, asks(endpoint(mode="batch"), 5, schema=Example))[3].kind is Kind.ANSWERED
    assert len(server.batches) == 3


@pytest.mark.parametrize("created", [True, False])
def test_a_crash_before_the_name_is_known(server, endpoint, ledger, created) -> None:
    """The ledger knows of the batch; whether the endpoint does is found out by its mark."""
    requests = asks(endpoint(mode="batch"), 3)
    asyncio.run(ledger.intend("mark", requests[0].endpoint.base_url, [Asked.of(one) for one in requests]))
    if created:
        from synth_pipeline.llm.connection import Connection

        async def create() -> None:
            import json

            connection = Connection(requests[0].endpoint)
            lines = [{"custom_id": one.key, "body": one.body()} for one in requests]
            data = "\n".join(map(json.dumps, lines)).encode()

            async def make(sdk):
                file = await sdk.files.create(file=("b.jsonl", data), purpose="batch")
                return await sdk.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions",
                                                completion_window="24h", metadata={"synth_intent": "mark"})  # fmt: skip

            await connection.call(requests[0], make)
            await connection.close()

        asyncio.run(create())
    outcomes = complete(ledger, asks(endpoint(mode="batch"), 4))
    assert [one.kind for one in outcomes] == [Kind.ANSWERED] * 4
    assert len(server.batches) <= 2
    assert (server.stats()["billed"], server.stats()["most_often"]) == (4, 1)


def test_a_batch_that_was_created_unheard_is_not_created_again(server, endpoint, ledger) -> None:
    server.batches_to_drop = 1
    outcomes = complete(ledger, asks(endpoint(mode="batch"), 3))
    assert [one.kind for one in outcomes] == [Kind.ANSWERED] * 3
    assert (len(server.batches), server.stats()["billed"]) == (1, 3)


def test_a_request_in_a_batch_is_not_sent_online(server, endpoint, ledger) -> None:
    requests = asks(endpoint(mode="batch"), 3)
    server.batch_looks = 10**6

    async def leave() -> None:
        from synth_pipeline.llm import Client

        async with Client(ledger) as client:

            async def ask() -> None:
                async for _ in client.complete(requests):
                    pass

            task = asyncio.create_task(ask())
            while not server.batches or ledger._writer.submit(
                lambda db: db.execute("select batch from batches").fetchone()
            ).result() == (None,):
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(leave())
    server.batch_looks = 1
    outcomes = complete(ledger, asks(endpoint(), 3))
    assert [one.kind for one in outcomes] == [Kind.ANSWERED] * 3
    assert (server.stats()["requests"], server.stats()["billed"]) == (0, 3)


def test_a_rejected_batch_names_the_setting(server, endpoint, ledger, monkeypatch) -> None:
    def failed(batch):
        return batch | {"status": "failed", "errors": {"data": [{"code": "model_not_found", "message": "no"}]}}

    monkeypatch.setattr(server, "_look", failed)
    with pytest.raises(SynthError, match=r"rejects a batch \(model_not_found\).*'model'"):
        complete(ledger, asks(endpoint(mode="batch"), 2))
    monkeypatch.undo()
    assert [one.kind for one in complete(ledger, asks(endpoint(mode="batch"), 2))] == [Kind.ANSWERED] * 2
