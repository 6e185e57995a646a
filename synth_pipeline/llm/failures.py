"""Why a request was not answered: whether to try again, when, and what the user has to mend."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm.request import Request

_SCHEMA_WORDS = ("response_format", "json_schema", "json_object", "schema", "guided", "grammar")
_CONTEXT_WORDS = ("context_length", "context length", "maximum context", "context window", "context size")
_REFUSED = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}


@dataclass(frozen=True, slots=True)
class Failure:
    """One attempt that brought no answer.

    ``lost``: it may have been billed all the same.  ``congested``: the endpoint had too much to do.  ``down``: it
    does not work.  ``after``: seconds that it asked to wait.  ``fatal``: what the user has to mend first.
    ``words`` may quote the prompt.
    """

    error: str
    words: str = ""
    lost: bool = False
    congested: bool = False
    down: bool = False
    refused: bool = False
    after: float | None = None
    fatal: SynthError | None = None
    request_id: str = ""


def of_status(request: Request, status: int, headers: Mapping[str, str], body: Any) -> Failure:
    """What an HTTP status other than success means."""
    error = body.get("error", body) if isinstance(body, dict) else {}
    error = error if isinstance(error, dict) else {"message": error}
    code, words = str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")[:2000]
    called = f"HTTP {status}" + f" {code[:60]}" * bool(code)
    known = {"error": called, "words": words, "request_id": headers.get("x-request-id", "")}
    if status == 429 and code != "insufficient_quota":
        return Failure(**known, congested=True, after=retry_after(headers))
    if status in (408, 409, 425) or status >= 500:
        busy = status in (503, 529)
        return Failure(**known, down=not busy, congested=busy, after=retry_after(headers))
    if code in _REFUSED:
        return Failure(**known, refused=True)
    return Failure(**known, fatal=_fatal(request, status, code, f"{code} {error.get('param')} {words}".lower()))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait: retry-after-ms, or Retry-After as seconds or as a date."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(headers["retry-after"]))
    except KeyError:
        return None
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


class Unreachable(SynthError):
    """An endpoint does not answer, whatever it is asked; another one may."""


def unreachable(request: Request, error: str) -> Unreachable:
    """The error where an endpoint has been down for too long."""
    name = request.endpoint.name
    return Unreachable(
        f"The endpoint {name!r} does not answer at {request.endpoint.base_url} ({error}).",
        f"start it, or mend 'base_url' of the endpoint {name!r}, and run again: what was paid for is kept.",
    )


def too_busy(request: Request, seconds: float) -> Unreachable:
    """The error where an endpoint asks to wait for longer than anybody would."""
    name = request.endpoint.name
    return Unreachable(
        f"The endpoint {name!r} asks to wait {seconds:.0f} s before the next request to {request.model!r}.",
        f"run again then, or lower 'limits' of the endpoint {name!r}: what was paid for is kept.",
    )


def _fatal(request: Request, status: int, code: str, words: str) -> SynthError:
    """What the user has to mend; the endpoint's own words are not repeated, since they may quote prompt or key."""
    endpoint, kept = request.endpoint, "and run again: what was paid for is kept."
    of = f"of the endpoint {endpoint.name!r}"
    if status in (401, 403):
        where = f"the key in {endpoint.api_key_env}" if endpoint.api_key_env else "requests without a key"
        named = f"set {endpoint.api_key_env} to a key that may use {request.model!r}" if endpoint.api_key_env else (
            f"name the variable that holds a key in 'api_key_env' {of}")  # fmt: skip
        return SynthError(
            f"The endpoint {endpoint.name!r} does not accept {where} (HTTP {status}).", f"{named}, {kept}"
        )
    if code == "insufficient_quota":
        problem = f"The account behind the endpoint {endpoint.name!r} has no credit left."
        return SynthError(problem, f"top it up, or name another key in 'api_key_env', {kept}")
    if status == 404:
        problem = f"The endpoint {endpoint.name!r} knows no model {request.model!r} at {endpoint.base_url} (HTTP 404)."
        return SynthError(problem, f"mend 'model' or 'base_url' {of}, {kept}")
    if status == 413 or any(word in words for word in _CONTEXT_WORDS):
        asks = request.path.startswith("/chat")
        problem = f"A {'prompt' if asks else 'text'} is longer than the context of the model {request.model!r} {of}."
        fix = "show fewer or shorter examples, lower 'max_tokens', or change 'model'" if asks else "change 'model'"
        return SynthError(problem, f"{fix}, {kept}")
    if request.schema is not None and any(word in words for word in _SCHEMA_WORDS):
        problem = (
            f"The endpoint {endpoint.name!r} cannot keep answers to the schema {request.schema.__name__!r} "
            f"as 'structured: {endpoint.structured}' asks (HTTP {status})."
        )
        return SynthError(problem, f"set 'structured' {of} to json_object or none, {kept}")
    problem = f"The endpoint {endpoint.name!r} rejects the requests to {request.model!r} (HTTP {status} {code[:60]})."
    return SynthError(problem, f"mend 'parameters'; the ledger keeps the endpoint's own words, {kept}")
