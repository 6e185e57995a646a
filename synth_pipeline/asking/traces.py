"""What is written down of rows that a language model made: where each came from, and what came of the rest."""

import json
from collections.abc import Sequence

import pandas as pd

from synth_pipeline.asking.rounds import Gathered
from synth_pipeline.core.account import TRACED, account
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.language_model import LanguageModel, Reason
from synth_pipeline.spec.asking import Spoken, WhenShort

_MOST_TOLD = 8  # labels in an error


def note(gathered: Gathered, rows: Sequence[str], mode: str, template: str, model: LanguageModel) -> None:
    """Hand the traces of kept rows, named by their hashes in ``rows``, and all counts to whoever keeps account."""
    open_ = account()
    traces = [
        (row, mode, one.asked.group, one.answer.endpoint or model.endpoint, one.answer.model or model.model,
         one.answer.keys[0], json.dumps(one.answer.keys[1:]), one.answer.request_id, one.asked.number, one.item,
         one.asked.prompt, template, json.dumps(one.asked.parents),
         json.dumps(dict(one.asked.drawn), ensure_ascii=False), "")
        for row, one in zip(rows, gathered.kept, strict=True)
    ]  # fmt: skip
    open_.traces.append(pd.DataFrame(traces, columns=list(TRACED)))
    open_.wanted.update(gathered.wanted)
    open_.got.update(one.asked.group for one in gathered.kept)
    open_.left_out.update(gathered.left_out)


def refuse_short(gathered: Gathered, spoken: Spoken) -> None:
    """Raise SynthError with all counts where rows are missing and are not to be done without."""
    if not gathered.short or spoken.when_short is WhenShort.KEEP:
        return
    wanted, got = sum(gathered.wanted.values()), len(gathered.kept)
    cells = [f"{group}: {there:,} of {count:,}" for group, (count, there) in gathered.short.items() if group]
    more = f"; and {len(cells) - _MOST_TOLD} more" if len(cells) > _MOST_TOLD else ""
    told = f" ({'; '.join(cells[:_MOST_TOLD])}{more})" if cells else ""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in gathered.left_out.most_common()) or "none"
    names = " or ".join(repr(one.name) for one in spoken.endpoints)
    fix = "raise 'budget'" if gathered.left_out[Reason.UNASKED] else "raise 'patience', ask in other words"
    raise SynthError(
        f"Of {wanted:,} rows that are wanted of the endpoint {names}, {got:,} could be had{told}; "
        f"left out are {reasons}.",
        f"{fix}, declare fewer 'rows', or 'when_short: keep'; what was paid for is kept and not paid for again.",
    )
