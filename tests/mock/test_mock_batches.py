"""Files and batches through the SDK, and what they bill."""

import json

import openai
import pytest


def lines(count, **fields):
    bodies = [{"model": "mock", "messages": [{"role": "user", "content": f"prompt {place}"}]} for place in range(count)]
    made = [
        {"custom_id": f"c{n}", "method": "POST", "url": "/v1/chat/completions", "body": body}
        for n, body in enumerate(bodies)
    ]
    return [line | fields for line in made]


def started(server, requests, endpoint="/v1/chat/completions"):
    asking = openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0)
    data = "\n".join(json.dumps(one) for one in requests).encode()
    file = asking.files.create(file=("requests.jsonl", data), purpose="batch")
    assert asking.files.content(file.id).content == data
    return asking, asking.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")


def finished(asking, batch):
    seen = [batch.status]
    while batch.status not in {"completed", "expired", "failed", "cancelled"}:
        batch = asking.batches.retrieve(batch.id)
        seen.append(batch.status)
    return batch, seen


def read(asking, file):
    return (
        {}
        if file is None
        else {one["custom_id"]: one for one in map(json.loads, asking.files.content(file).iter_lines())}
    )


def test_a_batch_goes_on_with_each_look_and_answers_as_online(serve_mock, asked):
    server = serve_mock(batches={"polls": 2})
    asking, batch = started(server, lines(7))
    assert server.stats()["billed"] == 0
    batch, seen = finished(asking, batch)
    assert seen == ["validating", "in_progress", "in_progress", "completed"]
    answers = read(asking, batch.output_file_id)
    assert set(answers) == {f"c{place}" for place in range(7)}
    assert batch.error_file_id is None
    assert batch.request_counts.completed == 7
    assert server.stats()["billed"] == 7
    online = asked(server, "prompt 3").body
    assert answers["c3"]["response"]["body"] == online
    assert asking.batches.retrieve(batch.id).status == "completed"
    assert server.stats()["billed"] == 8


def test_a_batch_expires_and_keeps_what_was_answered(serve_mock):
    server = serve_mock(batches={"polls": 0, "expiring": 0.4})
    asking, batch = started(server, lines(10))
    batch, _ = finished(asking, batch)
    assert batch.status == "expired"
    assert set(read(asking, batch.output_file_id)) == {f"c{place}" for place in range(6)}
    late = read(asking, batch.error_file_id)
    assert set(late) == {f"c{place}" for place in range(6, 10)}
    assert {one["error"]["code"] for one in late.values()} == {"batch_expired"}
    assert server.stats()["billed"] == 6


def test_lines_that_fail_stand_in_the_error_file(serve_mock):
    server = serve_mock(batches={"polls": 0}, faults=[{"kind": "server_error", "holding": "prompt 1"}])
    wrong = lines(3)
    wrong[2]["body"]["model"] = "other"
    asking, batch = started(server, wrong)
    batch, _ = finished(asking, batch)
    assert batch.status == "completed"
    assert set(read(asking, batch.output_file_id)) == {"c0"}
    failed = read(asking, batch.error_file_id)
    assert {name: one["response"]["status_code"] for name, one in failed.items()} == {"c1": 500, "c2": 404}
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 2)


def test_a_cancelled_batch_stays_cancelled(serve_mock):
    server = serve_mock(batches={"polls": 1})
    asking, batch = started(server, lines(4))
    asking.batches.retrieve(batch.id)
    assert asking.batches.cancel(batch.id).status == "cancelled"
    assert server.stats()["billed"] == 2
    with pytest.raises(openai.BadRequestError):
        asking.batches.cancel(batch.id)
    assert [one.id for one in asking.batches.list()] == [batch.id]


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        (lines(2, custom_id="same"), "duplicate_custom_id"),
        (lines(1, url="/v1/embeddings"), "invalid_url"),
        ([{"custom_id": "c0"}], "invalid_json_line"),
        ([], "empty_file"),
    ],
)
def test_wrong_lines_make_a_batch_that_has_failed(mock_server, requests, code):
    _, batch = started(mock_server, requests)
    assert batch.status == "failed"
    assert [one.code for one in batch.errors.data] == [code]
    assert mock_server.stats()["billed"] == 0


def test_files_that_are_not_there(mock_server):
    asking = openai.OpenAI(base_url=mock_server.base_url, api_key="any", max_retries=0)
    kept = asking.files.create(file=("x.jsonl", b"{}"), purpose="batch")
    assert asking.files.delete(kept.id).deleted
    with pytest.raises(openai.NotFoundError):
        asking.files.content(kept.id)
    with pytest.raises(openai.NotFoundError):
        asking.batches.retrieve("batch_0")


def test_embeddings_come_in_batches_too(serve_mock):
    server = serve_mock(batches={"polls": 0})
    ask = {
        "custom_id": "e",
        "method": "POST",
        "url": "/v1/embeddings",
        "body": {"model": "mock-embedding", "input": "x"},
    }
    asking, batch = started(server, [ask], "/v1/embeddings")
    batch, _ = finished(asking, batch)
    assert len(read(asking, batch.output_file_id)["e"]["response"]["body"]["data"][0]["embedding"]) == 256
