"""A few rows before all of them: what they look like, what they cost, and what the whole will cost."""

import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.storage import Store
from synth_pipeline.asking.rounds import SURPLUS
from synth_pipeline.core.account import Account, accounting
from synth_pipeline.core.progress import listening
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.llm import tariff_of
from synth_pipeline.spec.asking import Spoken, WhenShort
from synth_pipeline.stages import Run
from synth_pipeline.stages.attempt import real_parts
from synth_pipeline.steps import fit, sample


@dataclass(frozen=True, slots=True)
class Projection:
    """What all rows will take, with an interval at 95 %."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The rows, and what is to be said of them, line by line."""

    rows: pd.DataFrame
    lines: tuple[str, ...]
    cost: Projection | None
    tokens: Projection | None


def preview_of(spec: DatasetSpec, store: Store, rows: int, progress: Callable[[str], None] = lambda _: None) -> Preview:
    """Fit on train and make so many rows; raises SynthError where the source does not pass its gates.

    The requests are the first ones of a run with the same seed, so that the run does not pay for them.
    """
    run = Run(spec, store, f"preview-{uuid.uuid4().hex[:12]}")
    with listening(progress):
        progress("reading")
        train, _ = real_parts(run)
        drawer = fit(_patient(spec), train)
        with connected(drawer.spoken, store, spec.name, run.id), accounting() as account:
            made = sample(spec, drawer, rows)
    whole = spec.rows or len(train.table)
    if drawer.spoken is None:
        told = (f"{len(made):,} of {whole:,} rows; they cost nothing but time.",)
        return Preview(made.frame, told, None, None)
    return _told(made.frame, account, drawer.spoken, whole)


def projected(each: Sequence[float], kept: int, whole: int) -> Projection:
    """The cost of so many rows by that of the requests that gave the ``kept`` ones.

    Requests are taken as a sample of those to come; the interval is that of a mean by Student's t, and so says
    nothing of answers that become rarer as rows are more, such as those that repeat no earlier one.
    """
    from scipy.stats import t

    costs, needed = np.array(each, float), len(each) * whole / max(1, kept)
    half = float(t.ppf(0.975, len(costs) - 1) * costs.std(ddof=1) / math.sqrt(len(costs))) if len(costs) > 1 else 0.0
    mean = float(costs.mean())
    return Projection(mean * needed, max(0.0, mean - half) * needed, (mean + half) * needed)


def _patient(spec: DatasetSpec) -> DatasetSpec:
    """The same, content with fewer rows: a preview shows what there is."""
    if not isinstance(spec.generator, Spoken):
        return spec
    return spec.model_copy(update={"generator": spec.generator.model_copy(update={"when_short": WhenShort.KEEP})})


def _told(made: pd.DataFrame, account: Account, spoken: Spoken, whole: int) -> Preview:
    requests = len(account.costs)
    lines = [f"{len(made):,} rows by {requests:,} requests to {_names(spoken)}; left out are {account.told}."]
    if not len(made):
        return Preview(made, (*lines, "Nothing can be said of the whole."), None, None)
    came = len(made) + account.left_out[SURPLUS]
    tokens, cost = _of_known(account.tokens, came, whole), _of_known(account.costs, came, whole)
    currency = tariff_of(spoken.endpoint).currency or ""
    if tokens is not None:
        lines.append(_line(whole, sum(one or 0 for one in account.tokens), tokens, "tokens", ",.0f"))
    if cost is not None:
        lines.append(_line(whole, sum(one or 0 for one in account.costs), cost, currency, ".4g"))
    else:
        lines.append("What they cost is not known: declare 'price' at the endpoint.")
    projection = tokens if spoken.budget and spoken.budget.unit == "tokens" else cost
    if spoken.budget is not None and projection is not None and projection.high > spoken.budget.amount:
        lines.append(f"The budget of {spoken.budget.amount:g} {spoken.budget.unit} may not suffice.")
    return Preview(made, tuple(lines), cost, tokens)


def _names(spoken: Spoken) -> str:
    return ", ".join(repr(one.name) for one in spoken.endpoints)


def _of_known(each: Sequence[float | None], kept: int, whole: int) -> Projection | None:
    known = [one for one in each if one is not None]
    return projected(known, kept, whole) if known and len(known) == len(each) else None


def _line(whole: int, spent: float, all_: Projection, unit: str, form: str) -> str:
    return (
        f"They took {spent:{form}} {unit}; {whole:,} rows will take about {all_.expected:{form}} {unit} "
        f"(95 %: {all_.low:{form}} to {all_.high:{form}}; answers that repeat earlier ones come on top)."
    )
