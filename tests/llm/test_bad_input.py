"""What a user has to mend is said once, by the name of the setting, and costs nothing that was paid before."""

import socket

import pytest
from pydantic import BaseModel

from synth_pipeline.core.errors import SynthError
from tests.llm.conftest import asks, complete

KEY = "sk-very-secret-0123456789"


class Example(BaseModel):
    """A labelled text."""

    label: str


def fails(ledger, requests, match: str) -> SynthError:
    with pytest.raises(SynthError, match=match) as caught:
        complete(ledger, requests)
    assert caught.value.__context__ is None  # or an orchestrator's log would quote the endpoint's words
    return caught.value


def test_no_key(endpoint, ledger, monkeypatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    fails(ledger, asks(endpoint(api_key_env="SOME_KEY"), 2), "needs a key, and SOME_KEY is not set")


def test_wrong_key_is_not_repeated_anywhere(server, endpoint, ledger, monkeypatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    server.key = "another"
    error = fails(ledger, asks(endpoint(api_key_env="SOME_KEY"), 2), "does not accept the key in SOME_KEY")
    assert KEY not in str(error) and "SOME_KEY" in error.fix
    ledger.close()
    assert not [path for path in ledger.path.parent.rglob("*") if path.is_file() and b"sk-very" in path.read_bytes()]


def test_right_key_is_sent_and_kept_nowhere(server, endpoint, ledger, monkeypatch) -> None:
    monkeypatch.setenv("SOME_KEY", f"{KEY}\n")
    server.key = KEY
    (outcome,) = complete(ledger, asks(endpoint(api_key_env="SOME_KEY"), 1))
    assert KEY not in repr(outcome)
    ledger.close()
    assert not [path for path in ledger.path.parent.rglob("*") if path.is_file() and b"sk-very" in path.read_bytes()]


def test_key_in_the_words_of_an_error_is_not_kept(server, endpoint, ledger, monkeypatch) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    monkeypatch.setattr(server, "_status", lambda status: (status, {"error": {"message": f"no to {KEY}"}}, {}))
    server.script.extend([None, *[500] * 6])
    one = endpoint(api_key_env="SOME_KEY", limits={"concurrency": 1})
    failed = complete(ledger, asks(one, 2))[1]
    assert ledger.find(failed.request.key)[1].words == "no to ***"


def test_unknown_model(server, endpoint, ledger) -> None:
    fails(ledger, asks(endpoint(model="large"), 2), "knows no model 'large'.*'model' or 'base_url'")


def test_endpoint_down(endpoint, ledger) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fails(ledger, asks(endpoint(base_url=f"http://127.0.0.1:{port}/v1"), 20), "does not answer at .*'base_url'")
    fails(ledger, asks(endpoint(base_url=f"http://127.0.0.1:{port}/v1"), 1), "does not answer at .*'base_url'")
    assert ledger.rows(0) == []


def test_schema_that_the_endpoint_cannot_do(server, endpoint, ledger) -> None:
    server.can_schema = False
    fails(ledger, asks(endpoint(), 1, schema=Example), "schema 'Example' as 'structured: json_schema'.*'structured'")


def test_prompt_longer_than_the_context_and_what_was_paid_is_kept(server, endpoint, ledger) -> None:
    one = endpoint(limits={"concurrency": 1})
    server.context = 60
    long = asks(one, 3)
    long[2].messages[0]["content"] = "word " * 100
    fails(ledger, long, "longer than the context of the model 'small'.*'model'")
    assert len(ledger.rows(0)) == server.stats()["billed"] == 2
    server.context = 10**6
    assert [outcome.reused for outcome in complete(ledger, long)] == [True, True, False]


def test_account_without_credit_is_not_tried_again(server, endpoint, ledger, monkeypatch) -> None:
    monkeypatch.setattr(server, "_status", lambda status: (status, {"error": {"code": "insufficient_quota"}}, {}))
    server.script.append(429)
    fails(ledger, asks(endpoint(limits={"concurrency": 1}), 1), "no credit left.*'api_key_env'")
    assert server.stats()["requests"] == 1


def test_endpoint_that_wants_to_be_left_alone_for_an_hour(server, endpoint, ledger) -> None:
    server.retry_after = 3600
    server.script.append(429)
    fails(ledger, asks(endpoint(), 1), "asks to wait 3600 s.*'limits'")


def test_ledger_that_is_no_database(tmp_path) -> None:
    from synth_pipeline.llm import RequestLedger

    (tmp_path / "requests.sqlite").write_text("this is no database, but a text that is long enough to be read as one")
    with pytest.raises(SynthError, match="ledger of requests"):
        RequestLedger(tmp_path / "requests.sqlite")
