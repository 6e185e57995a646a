"""Vectors of an endpoint: many texts in one call, each paid for once."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from synth_pipeline.adapters.embeddings import embedding_at
from synth_pipeline.adapters.requests import request_ledger
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.dedup.semantic import semantic_duplicates
from synth_pipeline.llm import BudgetReached, Embedding, Kind
from synth_pipeline.llm.embedder import MOST
from synth_pipeline.mock import Running, plan_of, running
from synth_pipeline.spec.dedup import EmbeddedBy, Semantic
from synth_pipeline.spec.endpoint import Endpoint
from tests.language_model import sentences
from tests.llm.conftest import complete

TEXTS = sentences(600, 9)


def declared(server: Running, **more: Any) -> EmbeddedBy:
    endpoint = {"name": "vectors", "base_url": server.base_url, "model": "mock", "price": {"input": 1, "output": 0}}
    return EmbeddedBy.model_validate({"endpoint": endpoint, **more})


def vectors(server: Running, folder: Path, texts: list[str], **more: Any) -> np.ndarray:
    return embedding_at(declared(server, **more), Store(folder), "bank", "run")(texts)


def totals(server: Running) -> dict[str, Any]:
    return server.stats(totals=True)


def test_texts_go_in_few_calls_and_each_is_paid_for_once(tmp_path):
    with running(plan_of({"dimensions": 32})) as server:
        first = vectors(server, tmp_path, TEXTS[:500])
        before = totals(server)
        again = vectors(server, tmp_path, TEXTS[:500][::-1])
        assert totals(server)["arrived"] == before["arrived"] <= 500 // MOST + 2
        more = vectors(server, tmp_path, TEXTS[400:])
        after = totals(server)
    assert first.shape == (500, 32) and first.dtype == np.float32
    np.testing.assert_array_equal(first, again[::-1])
    np.testing.assert_array_equal(first[400:], more[:100])
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)
    assert after["arrived"] - before["arrived"] <= 2
    with request_ledger(Store(tmp_path)) as ledger:
        assert asyncio.run(ledger.spent("tokens", "bank")) == after["total_tokens"]
        rows = ledger.rows(0)
    assert len(rows) == 600


def test_blanks_are_not_sent_and_have_no_vector(tmp_path):
    with running(plan_of({})) as server:
        made = vectors(server, tmp_path, ["", "a b", " ", "a b"])
        assert totals(server)["arrived"] == 1
        assert not vectors(server, tmp_path, ["", " "]).any()
    assert not made[[0, 2]].any() and (made[1] == made[3]).all() and made[1].any()


def test_what_fails_on_the_way_is_sent_again_and_nothing_is_lost(tmp_path, monkeypatch):
    faults = [{"kind": "rate_limit", "share": 0.3, "tries": 1}, {"kind": "malformed_body", "every": 2, "last": 4},
              {"kind": "server_error", "first": 5, "last": 6}]  # fmt: skip
    monkeypatch.setattr("synth_pipeline.llm.embedder.MOST", 40)
    with running(plan_of({"faults": faults})) as server, running(plan_of({})) as good:
        made = vectors(server, tmp_path / "one", TEXTS)
        np.testing.assert_array_equal(made, vectors(good, tmp_path / "two", TEXTS))


def test_a_server_that_only_knows_lists_of_numbers_and_one_that_leaves_texts_out():
    request = Embedding.of(declared_endpoint(), ["a", "b"])
    item = {"embedding": [0.5, 0.25], "index": 1}
    body = {"data": [item, item | {"index": 0, "embedding": [1.0, 2.0]}], "usage": {"prompt_tokens": 3}}
    reply = request.read(body, "")
    assert reply.vectors == ("AACAPwAAAEA=", "AAAAPwAAgD4=")
    for wrong in ({"data": [item]}, {"data": [item | {"embedding": [0.5]}, item]}, {"data": "x"}, b"{"):
        assert not hasattr(request.read(wrong, ""), "vectors")


def declared_endpoint() -> Endpoint:
    return Endpoint.model_validate({"name": "e", "base_url": "http://127.0.0.1:9/v1", "model": "m"})


def test_equal_texts_at_the_same_time_are_sent_once(ledger):
    with running(plan_of({})) as server:
        one = declared(server).endpoint
        found = complete(ledger, [Embedding.of(one, [text]) for text in [*TEXTS[:50], *TEXTS[:50]]])
        assert totals(server)["total_tokens"] == sum((len(text) + 3) // 4 for text in set(TEXTS[:50]))
    assert {outcome.kind for outcome in found} == {Kind.ANSWERED}
    assert [one.text for one in found[:50]] == [one.text for one in found[50:]]


def test_a_budget_and_what_is_to_be_mended(tmp_path, monkeypatch):
    monkeypatch.setattr("synth_pipeline.llm.embedder.MOST", 20)
    with running(plan_of({})) as server:
        with pytest.raises(BudgetReached, match="budget of 3000 tokens is spent"):
            vectors(server, tmp_path, TEXTS, budget={"amount": 3_000, "unit": "tokens"})
        assert 1_000 < totals(server)["total_tokens"] <= 3_000
    with running(plan_of({"context": 5})) as server, pytest.raises(SynthError, match="A text is longer than"):
        vectors(server, tmp_path, TEXTS[:3])
    with running(plan_of({"models": ["other"]})) as server, pytest.raises(SynthError, match="knows no model 'mock'"):
        vectors(server, tmp_path / "new", TEXTS[:3])


def test_texts_of_the_same_words_are_semantic_duplicates(tmp_path):
    texts = [*TEXTS[:40], " ".join(reversed(TEXTS[3].split()))]
    with running(plan_of({})) as server:
        stands, _ = semantic_duplicates(texts, 0.99, Seed(1), embedding_at(declared(server), Store(tmp_path), "b", "r"))
    assert stands[40] == 3 and (stands[:40] == np.arange(40)).all()


def test_what_alters_no_vector_is_no_part_of_what_comes_out():
    def hashed(**more: Any) -> str:
        endpoint = declared_endpoint().model_dump() | more
        semantic = {"threshold": 0.9, "embedding": {"endpoint": endpoint}}
        source = {"kind": "file", "path": "a.csv"}
        return DatasetSpec.model_validate({"name": "b", "source": source, "dedup": {"semantic": semantic}}).hash

    assert hashed() == hashed(timeout_seconds=5) != hashed(model="other")
    with pytest.raises(ValidationError, match="'embed' and 'embedding'"):
        Semantic.model_validate({"threshold": 0.9, "embed": "a:b", "embedding": {"endpoint": declared_endpoint()}})
    with pytest.raises(ValidationError, match="online"):
        EmbeddedBy.model_validate({"endpoint": declared_endpoint().model_dump() | {"mode": "batch"}})
