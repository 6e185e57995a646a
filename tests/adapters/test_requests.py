"""The export of the ledger of requests for dbt."""

import asyncio

import pandas as pd

from synth_pipeline.adapters.requests import export_requests, request_ledger
from synth_pipeline.adapters.storage import Store
from synth_pipeline.llm import Kind, Request, RequestLedger, Usage
from synth_pipeline.llm.ledger import Asked
from synth_pipeline.llm.outcome import Reply
from synth_pipeline.spec.endpoint import Endpoint

ENDPOINT = Endpoint(name="local", base_url="http://127.0.0.1:1/v1", model="small")


def keep(ledger: RequestLedger, text: str, **said) -> None:
    request = Request(ENDPOINT, "small", [{"role": "user", "content": text}])
    reply = Reply(**{"kind": Kind.ANSWERED, "text": "a secret", "usage": Usage(3, 4), "billed": True} | said)
    asyncio.run(ledger.settle(Asked.of(request), reply, ("fair", "r1")))


def test_each_outcome_is_exported_once_and_without_its_text(tmp_path) -> None:
    store = Store(tmp_path)
    with request_ledger(store) as ledger:
        assert export_requests(store, ledger) == 0
        keep(ledger, "one question", cost=0.5, currency="USD")
        keep(ledger, "another question", kind=Kind.FAILED, billed=None, usage=None)
        assert export_requests(store, ledger) == 2
        keep(ledger, "a third question")
        assert (export_requests(store, ledger), export_requests(store, ledger)) == (1, 0)
    files = sorted((store.ledgers / "requests").glob("[0-9]*.parquet"))
    frame = pd.concat(map(pd.read_parquet, files), ignore_index=True)
    assert frame["outcome"].tolist() == [1, 2, 3]
    assert frame["kind"].tolist() == ["answered", "failed", "answered"]
    assert frame["billed"].isna().tolist() == [False, True, False]
    assert not any(word in frame.to_csv() for word in ("question", "secret"))
    assert [len(files), (store.restricted / "requests").stat().st_mode & 0o700] == [2, 0o700]


def test_an_export_that_was_killed_is_done_again(tmp_path) -> None:
    store = Store(tmp_path)
    with request_ledger(store) as ledger:
        keep(ledger, "one")
        (store.ledgers / "requests").mkdir(parents=True)
        (store.ledgers / "requests" / f".000000000001-000000000001-{ledger.name}.parquet").write_bytes(b"half")
        assert export_requests(store, ledger) == 1
    with RequestLedger(tmp_path / "other.sqlite") as other:
        keep(other, "one")
        assert export_requests(store, other) == 1  # another ledger counts from one too
