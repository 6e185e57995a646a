"""The SDK of the real service understands the server."""

import base64
import json
import struct

import openai
import pytest
from pydantic import BaseModel

from synth_pipeline.mock import content_hash


class Item(BaseModel):
    text: str
    label: str


class Items(BaseModel):
    items: list[Item]


def client(server, key="any"):
    return openai.OpenAI(base_url=server.base_url, api_key=key, max_retries=0, timeout=10)


def product(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def messages(text):
    return [{"role": "user", "content": text}]


def test_structured_output_is_parsed_and_its_lists_are_as_long_as_asked_for(mock_server):
    prompt = messages("label: cats\ncount: 3\n- an example of a cat")
    answer = client(mock_server).chat.completions.parse(model="mock", messages=prompt, response_format=Items)
    items = answer.choices[0].message.parsed.items
    assert [item.label for item in items] == ["cats"] * 3
    assert len({item.text for item in items}) == 3
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_equal_requests_get_equal_answers_and_other_seeds_other_ones(serve_mock):
    first, second = client(serve_mock()), client(serve_mock())
    ask = {"model": "mock", "messages": messages("hello"), "n": 2}
    answers = [one.chat.completions.create(**ask, seed=1).model_dump() for one in (first, first, second)]
    assert answers[0] == answers[1] == answers[2]
    told = [one["message"]["content"] for one in answers[0]["choices"]]
    other = first.chat.completions.create(**ask, seed=2)
    assert len({*told, *(one.message.content for one in other.choices)}) == 4
    assert first.chat.completions.create(**ask).choices[0].message.content not in told


def test_a_plan_with_another_seed_answers_otherwise(serve_mock):
    said = {
        client(serve_mock(seed=seed))
        .chat.completions.create(model="mock", messages=messages("x"))
        .choices[0]
        .message.content
        for seed in (0, 1)
    }
    assert len(said) == 2


def test_an_answer_that_is_too_long_for_max_tokens_is_cut_there(mock_server):
    answer = client(mock_server).chat.completions.create(model="mock", messages=messages("x"), max_tokens=3)
    assert answer.choices[0].finish_reason == "length"
    assert len(answer.choices[0].message.content) == 12
    assert answer.usage.completion_tokens == 3


def test_embeddings_lie_near_where_words_are_shared(mock_server):
    texts = ["my card has not arrived", "my card has arrived", "exchange rates of foreign money"]
    answer = client(mock_server).embeddings.create(model="mock-embedding", input=texts, dimensions=64)
    one, near, far = (item.embedding for item in answer.data)
    assert len(one) == 64
    assert product(one, one) == pytest.approx(1, abs=1e-6)
    assert product(one, near) > 0.7
    assert product(one, far) < 0.4
    shouted = client(mock_server).embeddings.create(model="mock-embedding", input=texts[0].upper(), dimensions=64)
    assert shouted.data[0].embedding == one
    raw = client(mock_server).embeddings.create(
        model="mock-embedding", input=texts[:1], dimensions=64, encoding_format="base64"
    )
    assert list(struct.unpack("<64f", base64.b64decode(raw.data[0].embedding))) == pytest.approx(one)


def test_models_are_listed_and_found(serve_mock):
    asking = client(serve_mock(models=["small", "large"]))
    assert [one.id for one in asking.models.list()] == ["small", "large"]
    assert asking.models.retrieve("large").id == "large"
    with pytest.raises(openai.NotFoundError):
        asking.models.retrieve("other")


@pytest.mark.parametrize(
    ("plan", "ask", "error", "code"),
    [
        ({"keys": ["right"]}, {}, openai.AuthenticationError, "invalid_api_key"),
        ({}, {"model": "other"}, openai.NotFoundError, "model_not_found"),
        ({"context": 10}, {"messages": messages("word " * 20)}, openai.BadRequestError, "context_length_exceeded"),
        ({"context": 10}, {"max_tokens": 11}, openai.BadRequestError, "context_length_exceeded"),
        ({}, {"max_tokens": 0}, openai.BadRequestError, "invalid_value"),
        ({}, {"stream": True}, openai.BadRequestError, "unsupported_value"),
    ],
)
def test_what_cannot_be_answered_is_told_with_the_code_of_the_real_service_and_not_billed(
    serve_mock, plan, ask, error, code
):
    server = serve_mock(**plan)
    with pytest.raises(error) as raised:
        client(server, "wrong").chat.completions.create(**({"model": "mock", "messages": messages("x")} | ask))
    assert raised.value.code == code
    assert server.stats()["billed"] == 0


def test_a_right_key_is_let_in(serve_mock):
    server = serve_mock(keys=["right"])
    assert client(server, "right").chat.completions.create(model="mock", messages=messages("x")).choices


@pytest.mark.parametrize(("structured", "takes_object"), [("json_object", True), ("none", False)])
def test_an_endpoint_without_structured_output_says_so(serve_mock, structured, takes_object):
    asking = client(serve_mock(structured=structured)).chat.completions
    with pytest.raises(openai.BadRequestError, match="'json_schema' is not supported with this model"):
        asking.parse(model="mock", messages=messages("x"), response_format=Item)
    ask = {"model": "mock", "messages": messages("label: a\nas json"), "response_format": {"type": "json_object"}}
    if takes_object:
        assert json.loads(asking.create(**ask).choices[0].message.content)["label"] == "a"
    else:
        with pytest.raises(openai.BadRequestError, match="json_object"):
            asking.create(**ask)


def test_a_refusal_is_seen_as_one(serve_mock):
    server = serve_mock(faults=[{"kind": "refused"}])
    answer = client(server).chat.completions.parse(model="mock", messages=messages("x"), response_format=Item)
    assert answer.choices[0].message.refusal
    assert answer.choices[0].message.parsed is None
    assert server.stats()["billed"] == 1


def test_the_books_name_requests_by_their_content(mock_server):
    ask = {"model": "mock", "messages": messages("x"), "seed": 3}
    used = [client(mock_server).chat.completions.create(**ask).usage.total_tokens for _ in range(2)]
    stats = mock_server.stats()
    assert stats["by_request"] == {content_hash(ask): {"tries": 2, "billed": 2, "tokens": sum(used)}}
    assert (stats["billed"], stats["billed_contents"], stats["most_billed"]) == (2, 1, 2)
    assert stats["total_tokens"] == sum(used)
    assert "by_request" not in mock_server.stats(totals=True)


def test_many_at_once_are_all_answered(serve_mock):
    import asyncio

    import httpx

    server = serve_mock(latency=1.0)

    async def all_of_them():
        limits = httpx.Limits(max_connections=120)
        async with httpx.AsyncClient(timeout=60, limits=limits) as asking:
            bodies = [{"model": "mock", "messages": messages("x"), "seed": place} for place in range(120)]
            return await asyncio.gather(
                *(asking.post(f"{server.base_url}/chat/completions", json=body) for body in bodies)
            )

    answers = asyncio.run(all_of_them())
    stats = server.stats()
    assert {one.status_code for one in answers} == {200}
    assert (stats["billed"], stats["most_billed"], stats["in_flight"]) == (120, 1, 0)
    assert stats["peak"] > 60
