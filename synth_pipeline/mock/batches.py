"""Files and batches.  A batch goes on each time that it is looked at, so that it takes no time in tests."""

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from synth_pipeline.mock.plan import Batches
from synth_pipeline.mock.rejection import bad_request, not_found

Line = dict[str, Any]
LineAnswer = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]

OVER = frozenset({"completed", "expired", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class File:
    """What was uploaded, or written by a batch."""

    id: str
    filename: str
    purpose: str
    data: bytes

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id, "object": "file", "bytes": len(self.data), "created_at": 0, "filename": self.filename,
            "purpose": self.purpose, "status": "processed",
        }  # fmt: skip


@dataclass(slots=True)
class Batch:
    """Requests in a file, and how far they are answered."""

    id: str
    endpoint: str
    input_file_id: str
    metadata: dict[str, str] | None
    lines: list[Line]
    errors: list[Line]
    status: str = "validating"
    looks: int = 0
    done: int = 0
    answered: list[Line] = field(default_factory=list)
    failed: list[Line] = field(default_factory=list)
    output_file_id: str | None = None
    error_file_id: str | None = None

    def described(self) -> dict[str, Any]:
        counts = {"total": len(self.lines), "completed": len(self.answered), "failed": len(self.failed)}
        return {
            "id": self.id, "object": "batch", "endpoint": self.endpoint, "input_file_id": self.input_file_id,
            "completion_window": "24h", "status": self.status, "created_at": 0, "metadata": self.metadata,
            "output_file_id": self.output_file_id, "error_file_id": self.error_file_id, "request_counts": counts,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
        }  # fmt: skip


class Store:
    """All files and batches, for as long as the server runs."""

    def __init__(self, plan: Batches, answer: LineAnswer) -> None:
        self.plan = plan
        self.answer = answer
        self.files: dict[str, File] = {}
        self.batches: dict[str, Batch] = {}
        self._numbers = itertools.count(1)

    def keep(self, filename: str, purpose: str, data: bytes) -> File:
        kept = File(f"file-{next(self._numbers)}", filename, purpose, data)
        self.files[kept.id] = kept
        return kept

    def file(self, name: str) -> File:
        if name not in self.files:
            raise not_found("File object", name)
        return self.files[name]

    def batch(self, name: str) -> Batch:
        if name not in self.batches:
            raise not_found("batch", name)
        return self.batches[name]

    def start(self, asked: dict[str, Any], endpoints: tuple[str, ...]) -> Batch:
        """Raises Rejected where the whole is wrong; wrong lines make a batch that has failed."""
        if asked.get("endpoint") not in endpoints:
            raise bad_request(f"Invalid 'endpoint': use one of {', '.join(endpoints)}.", "endpoint", "invalid_value")
        if asked.get("completion_window") != "24h":
            raise bad_request("Invalid 'completion_window': use '24h'.", "completion_window", "invalid_value")
        given = self.file(str(asked.get("input_file_id")))
        lines, errors = _lines(given.data, asked["endpoint"])
        name = f"batch_{next(self._numbers)}"
        made = Batch(name, asked["endpoint"], given.id, asked.get("metadata"), lines, errors)
        made.status = "failed" if errors else "validating"
        self.batches[name] = made
        return made

    def look(self, name: str) -> Batch:
        """The batch, one step on."""
        batch = self.batch(name)
        if batch.status in OVER:
            return batch
        batch.status = "in_progress"
        batch.looks += 1
        total = len(batch.lines)
        able = total - math.floor(self.plan.expiring * total)
        self._work(batch, min(able, math.ceil(total * batch.looks / (self.plan.polls + 1))))
        if batch.looks > self.plan.polls:
            self._finish(batch, "completed" if able == total else "expired")
        return batch

    def cancel(self, name: str) -> Batch:
        """What is answered by then stays, and is billed."""
        batch = self.batch(name)
        if batch.status in OVER:
            raise bad_request(f"Cannot cancel a batch with status '{batch.status}'.")
        self._finish(batch, "cancelled")
        return batch

    def _work(self, batch: Batch, upto: int) -> None:
        for number, line in enumerate(batch.lines[batch.done : upto], batch.done):
            status, body = self.answer(batch.endpoint, line["body"])
            response = {"status_code": status, "request_id": f"req_{batch.id}_{number}", "body": body}
            told = _told(batch, number, line["custom_id"], response, None)
            (batch.answered if status == 200 else batch.failed).append(told)
        batch.done = max(batch.done, upto)

    def _finish(self, batch: Batch, status: str) -> None:
        code = {"expired": "batch_expired", "cancelled": "batch_cancelled"}.get(status, "")
        for number, line in enumerate(batch.lines[batch.done :], batch.done):
            error = {"code": code, "message": "This request could not be executed before the batch ended."}
            batch.failed.append(_told(batch, number, line["custom_id"], None, error))
        batch.status = status
        batch.output_file_id = self._written(f"{batch.id}_output.jsonl", batch.answered)
        batch.error_file_id = self._written(f"{batch.id}_error.jsonl", batch.failed)

    def _written(self, filename: str, lines: list[Line]) -> str | None:
        if not lines:
            return None
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        return self.keep(filename, "batch_output", data).id


def _told(batch: Batch, number: int, custom_id: str, response: Line | None, error: Line | None) -> Line:
    return {"id": f"{batch.id}_{number}", "custom_id": custom_id, "response": response, "error": error}


def _lines(data: bytes, endpoint: str) -> tuple[list[Line], list[Line]]:
    """The requests of a file, and what is wrong with it."""
    lines: list[Line] = []
    errors: list[Line] = []
    seen: set[str] = set()
    for number, raw in enumerate(data.splitlines(), 1):
        try:
            line: Any = json.loads(raw)
        except ValueError:
            line = {}
        code = _wrong(line, endpoint, seen)
        if code is not None:
            errors.append({"code": code, "line": number, "message": f"Line {number}: {code}.", "param": None})
            continue
        seen.add(line["custom_id"])
        lines.append(line)
    if not lines and not errors:
        errors.append({"code": "empty_file", "line": None, "message": "The input file is empty.", "param": None})
    return lines, errors


def _wrong(line: Any, endpoint: str, seen: set[str]) -> str | None:
    if not isinstance(line, dict) or not isinstance(line.get("body"), dict):
        return "invalid_json_line"
    if not isinstance(line.get("custom_id"), str):
        return "missing_required_parameter"
    if line["custom_id"] in seen:
        return "duplicate_custom_id"
    if line.get("method") != "POST" or line.get("url") != endpoint:
        return "invalid_url"
    return None
