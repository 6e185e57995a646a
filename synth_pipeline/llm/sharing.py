"""Which of several endpoints a question goes to: by chance that hangs on the question alone, in declared shares.

Weighted rendezvous hashing: Thaler and Ravishankar (1998), doi:10.1109/90.663936.  More questions, another order of
the endpoints or a further endpoint leave questions where they were, but for the share that the new one takes.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from synth_pipeline.core.language_model import Question
from synth_pipeline.llm.ledger import RequestLedger
from synth_pipeline.llm.outcome import Kind
from synth_pipeline.llm.request import Request
from synth_pipeline.spec.endpoint import Endpoint


def ranked(endpoints: Sequence[Endpoint], question: Question) -> list[Endpoint]:
    """The endpoint of a question first, then those that are to answer in its place; weights of 0 come last."""
    if len(endpoints) == 1:
        return list(endpoints)
    content = json.dumps([list(question.messages), question.sample], ensure_ascii=False, sort_keys=True)
    return sorted(endpoints, key=lambda one: -_score(one, content))


async def requests_of(
    questions: Sequence[Question], endpoints: Sequence[Endpoint], ledger: RequestLedger
) -> list[Request]:
    """A request for each question, with spare ones; whoever has answered a question before is asked again.

    An endpoint may have answered badly and gone down before it mended that, so that another one was asked: whose
    answer was the best is asked again, and not who comes first.
    """
    chosen = [[_request(endpoint, one) for endpoint in ranked(endpoints, one)] for one in questions]
    if len(endpoints) == 1:
        return [only for (only,) in chosen]
    known = await ledger.settled([request.key for group in chosen for request in group])
    return [_with_spare(max(group, key=lambda one: _standing(known.get(one.key, []))), group) for group in chosen]


def _request(endpoint: Endpoint, one: Question) -> Request:
    return Request(endpoint, endpoint.model, one.messages, one.schema, one.parameters, one.sample)


def _standing(kinds: Sequence[Kind]) -> tuple[int, int]:
    """How good an answer in the ledger is, by its end; of invalid ones the one that was repaired most stood."""
    if not kinds:
        return 0, 0
    return {Kind.ANSWERED: 3, Kind.INVALID: 1}.get(kinds[-1], 2), len(kinds)


def _with_spare(first: Request, group: Sequence[Request]) -> Request:
    return replace(first, spare=[one for one in group if one is not first])


def _score(endpoint: Endpoint, content: str) -> float:
    named = f"{endpoint.base_url}\x1f{endpoint.model}\x1f{content}".encode()
    share = (int.from_bytes(blake2b(named, digest_size=6).digest(), "big") + 0.5) / 2**48
    return -endpoint.weight / math.log(share)
