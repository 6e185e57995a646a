"""Requests without the SDK, whose tests see what goes over the wire."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from synth_pipeline.mock import Running

SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "label": {"type": "string"}},
    "required": ["text", "label"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    @property
    def choice(self) -> dict[str, Any]:
        return self.body["choices"][0]

    @property
    def content(self) -> str:
        return self.choice["message"]["content"]

    @property
    def item(self) -> dict[str, Any]:
        return json.loads(self.content)


def post(server: Running, path: str, body: dict[str, Any] | bytes, key: str = "any") -> Answered:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{server.base_url}/{path}", data, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return Answered(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answered(error.code, dict(error.headers), error.read())


def chat_body(prompt: str, schema: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    body = {"model": "mock", "messages": [{"role": "user", "content": prompt}], **fields}
    if schema is not None:
        strict = {"name": "answer", "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": strict}
    return body


@pytest.fixture
def asked() -> Callable[..., Answered]:
    def ask(server: Running, prompt: str = "hello", schema: dict[str, Any] | None = None, **fields: Any) -> Answered:
        return post(server, "chat/completions", chat_body(prompt, schema, **fields))

    return ask


@pytest.fixture
def labelled() -> dict[str, Any]:
    """The schema of a labelled text."""
    return SCHEMA


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Twenty texts of each of three labels."""
    path = tmp_path / "pool.csv"
    rows = [
        f"the {label} number {place} is said here,{label}" for label in ("red", "green", "blue") for place in range(20)
    ]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return path
