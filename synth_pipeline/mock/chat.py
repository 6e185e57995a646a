"""Chat completions: what is asked is checked as the real service does, and answered by the mode of the plan."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from synth_pipeline.mock.account import content_hash
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.judging import scores
from synth_pipeline.mock.modes import Writer
from synth_pipeline.mock.plan import Fault, Mode, Plan
from synth_pipeline.mock.prompt import Prompt, read, said
from synth_pipeline.mock.rejection import bad_request, no_such_format, too_long, unknown_model
from synth_pipeline.mock.schema import Filling, strict_problem

FORMATS = {"json_schema": {"text", "json_object", "json_schema"}, "json_object": {"text", "json_object"}}
REFUSAL = "I'm sorry, I cannot assist with that request."

Body = dict[str, Any]


def tokens(text: str) -> int:
    """A token is four characters, the last one perhaps fewer."""
    return (len(text) + 3) // 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that could be answered."""

    body: Body
    prompt: Prompt
    prompt_tokens: int
    longest: int | None

    @property
    def format(self) -> str:
        return (self.body.get("response_format") or {}).get("type", "text")

    @property
    def text(self) -> str:
        return self.prompt.text

    @property
    def most_tokens(self) -> int:
        """What a limit of tokens per minute counts."""
        return self.prompt_tokens + (self.longest or 0)


def checked(plan: Plan, body: Body) -> Asked:
    """Raises Rejected."""
    if body.get("model") not in plan.models:
        raise unknown_model(str(body.get("model")))
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise bad_request("Invalid 'messages': a list of at least one message is needed.", "messages")
    if body.get("stream"):
        raise bad_request("This server does not stream.", "stream", "unsupported_value")
    for name, least in (("n", 1), ("max_tokens", 1), ("max_completion_tokens", 1)):
        value = body.get(name)
        if value is not None and (not isinstance(value, int) or value < least):
            raise bad_request(f"Invalid '{name}': an integer of at least {least} is needed.", name, "invalid_value")
    longest = body.get("max_completion_tokens") or body.get("max_tokens")
    asked = Asked(body, read(messages), sum(tokens(said(one)) for one in messages), longest)
    if asked.most_tokens > plan.context:
        raise too_long(asked.most_tokens, plan.context)
    _check_format(plan, asked)
    return asked


def _check_format(plan: Plan, asked: Asked) -> None:
    kind = asked.format
    if kind not in FORMATS["json_schema"]:
        raise bad_request(f"Invalid value: '{kind}'.", "response_format.type", "invalid_value")
    if kind not in FORMATS.get(plan.structured, {"text"}):
        raise no_such_format(kind)
    if kind == "json_object" and "json" not in asked.text.lower():
        raise bad_request(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            "messages",
        )
    if kind == "json_schema":
        given = asked.body["response_format"].get("json_schema")
        if not isinstance(given, dict) or not isinstance(given.get("schema"), dict):
            raise bad_request("Missing required parameter: 'response_format.json_schema'.", "response_format")
        problem = strict_problem(given["schema"]) if given.get("strict") else None
        if problem:
            raise bad_request(
                f"Invalid schema for response_format {given.get('name')!r}: {problem}.", "response_format"
            )


@dataclass(frozen=True, slots=True)
class Chat:
    """Answers what has been checked."""

    plan: Plan
    writer: Writer

    def answer(self, asked: Asked, content: str, fault: Fault | None) -> Body:
        """The completion, with its usage.  ``content`` names the request."""
        draws, first = self._chance(asked, content, fault)
        choices = [self._choice(asked, draws, first + place, fault) for place in range(asked.body.get("n") or 1)]
        for place, choice in enumerate(choices):
            choice["index"] = place
        made = sum(tokens(one["message"]["content"] or one["message"]["refusal"] or "") for one in choices)
        return {
            "id": f"chatcmpl-{content[:24]}",
            "object": "chat.completion",
            "created": 0,
            "model": asked.body["model"],
            "system_fingerprint": f"mock-{self.plan.seed}",
            "choices": choices,
            "usage": {
                "prompt_tokens": asked.prompt_tokens,
                "completion_tokens": made,
                "total_tokens": asked.prompt_tokens + made,
            },
        }

    def _chance(self, asked: Asked, content: str, fault: Fault | None) -> tuple[Draws, int]:
        """Seeds next to each other answer one prompt from places next to each other, so that they differ."""
        if fault is not None and fault.kind == "duplicate":
            return Draws(self.plan.seed, "duplicate", asked.prompt.label, asked.prompt.document), 0
        seed = asked.body.get("seed")
        if seed is None:
            return Draws(self.plan.seed, content), 0
        bare = content_hash({name: value for name, value in asked.body.items() if name != "seed"})
        return Draws(self.plan.seed, bare), int(seed) * (asked.body.get("n") or 1)

    def _choice(self, asked: Asked, draws: Draws, place: int, fault: Fault | None) -> Body:
        kind = None if fault is None else fault.kind
        message: Body = {"role": "assistant", "content": None, "refusal": None}
        if kind == "refused":
            return {"finish_reason": "stop", "logprobs": None, "message": message | {"refusal": REFUSAL}}
        if kind in {"filtered", "empty"}:
            reason = "content_filter" if kind == "filtered" else "stop"
            return {"finish_reason": reason, "logprobs": None, "message": message | {"content": ""}}
        text = self._content(asked, draws, place, "memorising" if kind == "memorised" else None)
        if kind == "malformed_json":
            text = text[:-1] + ",,"
        if kind == "wrong_schema":
            text = '{"unexpected": ["field"]}'
        most = tokens(text) // 2 if kind == "truncated" else asked.longest
        cut = most is not None and tokens(text) > most
        reason = "length" if cut else "stop"
        return {
            "finish_reason": reason,
            "logprobs": None,
            "message": message | {"content": text[: 4 * most] if cut and most is not None else text},
        }

    def _content(self, asked: Asked, draws: Draws, place: int, mode: Mode | None) -> str:
        count = asked.prompt.count
        item = partial(self._item, asked.prompt, draws, place * count, mode)
        if asked.format == "json_schema":
            schema = asked.body["response_format"]["json_schema"]["schema"]
            verdict = scores(schema, asked.prompt.document, self.plan.answers, self.writer.pool,
                             draws.child("judge", place))  # fmt: skip
            if verdict is not None:
                return json.dumps(verdict, ensure_ascii=False)
            return json.dumps(Filling(schema, item, draws.child("fill", place), count).instance(), ensure_ascii=False)
        if asked.format == "json_object":
            return json.dumps(item(0), ensure_ascii=False)
        return "\n".join(item(number)["text"] for number in range(count))

    def _item(self, prompt: Prompt, draws: Draws, first: int, mode: Mode | None, number: int) -> dict[str, Any]:
        return self.writer.item(prompt, draws, first + number, mode)
