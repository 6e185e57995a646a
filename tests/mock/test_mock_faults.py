"""Each way to misbehave, as it looks over the wire and in the books."""

import json
import time
import urllib.error

import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.mock import fault_of, plan_of


def test_a_429_says_when_to_come_back_only_where_it_is_planned_to(serve_mock, asked):
    server = serve_mock(
        faults=[{"kind": "rate_limit", "retry_after": 0.25, "last": 1}, {"kind": "rate_limit", "last": 2}]
    )
    told, silent, good = asked(server), asked(server), asked(server)
    assert (told.status, told.headers["Retry-After"]) == (429, "0.25")
    assert (silent.status, "Retry-After" in silent.headers) == (429, False)
    assert told.body["error"]["code"] == "rate_limit_exceeded"
    assert good.status == 200
    assert server.stats()["rate_limited"] == 2


def test_an_empty_purse_is_a_429_of_its_own_code(serve_mock, asked):
    answer = asked(serve_mock(faults=[{"kind": "no_quota"}]))
    assert (answer.status, answer.body["error"]["code"]) == (429, "insufficient_quota")


@pytest.mark.parametrize("status", [500, 503])
def test_the_server_breaks(serve_mock, asked, status):
    server = serve_mock(faults=[{"kind": "server_error", "status": status}])
    assert asked(server).status == status
    assert server.stats()["billed"] == 0


@pytest.mark.parametrize(("kind", "billed"), [("drop", 0), ("drop_after_billing", 1)])
def test_a_socket_drops_before_or_after_billing(serve_mock, asked, kind, billed):
    server = serve_mock(faults=[{"kind": kind, "last": 1}])
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        asked(server)
    assert server.stats()["billed"] == billed
    assert asked(server).status == 200
    assert server.stats()["faults"] == {kind: 1}


def test_a_stall_answers_late(serve_mock, asked):
    server = serve_mock(faults=[{"kind": "stall", "seconds": 0.3}])
    started = time.monotonic()
    assert asked(server).status == 200
    assert time.monotonic() - started >= 0.3


def test_a_server_ends_although_a_request_stalls(serve_mock):
    import socket

    from synth_pipeline.mock import running

    started = time.monotonic()
    with running(plan_of({"faults": [{"kind": "stall"}]})) as server:
        body = json.dumps({"model": "mock", "messages": [{"role": "user", "content": "x"}]}).encode()
        with socket.create_connection(("127.0.0.1", int(server.root.rsplit(":", 1)[1]))) as line:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body)
            while not server.stats()["in_flight"]:
                time.sleep(0.01)
    assert time.monotonic() - started < 5


def test_answers_that_are_billed_and_useless(serve_mock, asked, labelled):
    kinds = ["malformed_body", "malformed_json", "truncated", "filtered", "refused", "empty", "wrong_schema"]
    server = serve_mock(faults=[{"kind": kind, "holding": kind} for kind in kinds])
    got = {kind: asked(server, f"do {kind}", labelled) for kind in kinds}
    with pytest.raises(json.JSONDecodeError):
        json.loads(got["malformed_body"].raw)
    with pytest.raises(json.JSONDecodeError):
        json.loads(got["malformed_json"].content)
    assert got["malformed_json"].choice["finish_reason"] == "stop"
    assert got["truncated"].choice["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(got["truncated"].content)
    assert got["filtered"].choice["finish_reason"] == "content_filter"
    assert got["refused"].choice["message"]["refusal"]
    assert got["refused"].content is None
    assert got["empty"].content == ""
    assert set(got["wrong_schema"].item) == {"unexpected"}
    assert server.stats()["billed"] == len(kinds)
    assert server.stats()["faults"] == dict.fromkeys(sorted(kinds), 1)


def test_duplicates_are_one_answer_to_many_prompts(serve_mock, asked):
    server = serve_mock(faults=[{"kind": "duplicate", "holding": "label: a"}])
    same = {asked(server, f"label: a\nprompt {place}").content for place in range(5)}
    others = {asked(server, f"label: b\nprompt {place}").content for place in range(5)}
    assert len(same) == 1
    assert len(others) == 5


def test_a_memorised_answer_is_an_example(serve_mock, asked):
    server = serve_mock(faults=[{"kind": "memorised", "every": 2}])
    prompt = "label: a\n- the first example\n- the second example"
    assert asked(server, prompt).content not in {"the first example", "the second example"}
    assert asked(server, prompt).content in {"the first example", "the second example"}


def test_a_share_hangs_on_content_and_try_alone(serve_mock, asked):
    def statuses(order):
        server = serve_mock(faults=[{"kind": "server_error", "share": 0.3}])
        return {place: [asked(server, f"p{place}").status for _ in range(3)] for place in order}

    there = statuses(range(60))
    assert there == statuses(reversed(range(60)))
    failed = sum(status == 500 for tries in there.values() for status in tries)
    assert 30 <= failed <= 78  # 54 of 180 in the mean, 6.1 standard deviation
    assert any(len(set(tries)) == 2 for tries in there.values())


def test_only_first_tries_may_fail(serve_mock, asked):
    server = serve_mock(faults=[{"kind": "server_error", "tries": 2}])
    assert [asked(server, "x").status for _ in range(4)] == [500, 500, 200, 200]
    assert asked(server, "y").status == 500


@pytest.mark.parametrize("text", ["rate_limit:share", "unheard_of", "rate_limit:share=2", "drop:colour=red"])
def test_a_fault_that_cannot_be_is_named(text):
    with pytest.raises(SynthError):
        plan_of({"faults": [fault_of(text)]})


def test_faults_are_written_in_one_line():
    given = fault_of("rate_limit:share=.1,retry_after=.5,last=20")
    fault = plan_of({"faults": [given]}).faults[0]
    assert (fault.kind, fault.share, fault.retry_after, fault.last) == ("rate_limit", 0.1, 0.5, 20)
