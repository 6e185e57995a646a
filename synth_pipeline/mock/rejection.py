"""The answers that are no answer, in the words, types and codes of the real service."""

from typing import Any


class Rejected(Exception):
    """A request that is answered with an error, and never billed."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None,
        kind: str = "invalid_request_error", headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body: dict[str, Any] = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def bad_request(message: str, param: str | None = None, code: str | None = None) -> Rejected:
    return Rejected(400, message, param=param, code=code)


def wrong_key() -> Rejected:
    return Rejected(401, "Incorrect API key provided.", code="invalid_api_key")


def not_found(what: str, name: str) -> Rejected:
    return Rejected(404, f"No such {what}: {name}", param="id")


def unknown_model(model: str) -> Rejected:
    return Rejected(404, f"The model `{model}` does not exist or you do not have access to it.", code="model_not_found")


def too_long(tokens: int, context: int) -> Rejected:
    return bad_request(
        f"This model's maximum context length is {context} tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages.",
        "messages",
        "context_length_exceeded",
    )


def no_such_format(kind: str) -> Rejected:
    """What an endpoint says that cannot do structured output."""
    return bad_request(f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model.")


def too_many(what: str, retry_after: float | None, kind: str = "requests") -> Rejected:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return Rejected(429, f"Rate limit reached: {what}.", code="rate_limit_exceeded", kind=kind, headers=headers)


def no_quota() -> Rejected:
    """Also a 429, but one that waiting does not mend."""
    return Rejected(
        429, "You exceeded your current quota, please check your plan and billing details.",
        code="insufficient_quota", kind="insufficient_quota",
    )  # fmt: skip


def broken(status: int) -> Rejected:
    return Rejected(status, "The server had an error while processing your request.", kind="server_error")
