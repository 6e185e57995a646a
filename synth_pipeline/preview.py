"""A few rows before all of them: what they look like, what they cost, and what the whole will cost."""

import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.storage import Store
from synth_pipeline.asking.rounds import DUPLICATE, NEAR, SURPLUS
from synth_pipeline.core.account import Account, accounting
from synth_pipeline.core.language_model import Reason
from synth_pipeline.core.progress import listening
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.drawing import Drawer
from synth_pipeline.generators.language_model.filling import FillingSampler
from synth_pipeline.generators.language_model.sampler import LanguageModelSampler
from synth_pipeline.llm import tariff_of
from synth_pipeline.projection import Depth, Projection, items_per_row, mean_cost
from synth_pipeline.spec.asking import Spoken, WhenShort
from synth_pipeline.stages import Run
from synth_pipeline.stages.attempt import real_parts
from synth_pipeline.steps import fit, sample

MOST_PROBED = 0.25  # of all rows
_ROOTS = 10  # where a fifth of the answers repeat, what is learned of that is then off by 4.5 % (root of .2 over 10)
_SMALLEST = 100  # rows of a label, below which more are asked for in other labels
_COST, _TOKENS, _LENGTH = 0, 1, 2  # places in what is known of a request
_SEED = Seed(0, ("preview",))
_USED = (DUPLICATE, NEAR, SURPLUS)  # of what is left out, what a better request could not have helped


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The rows, and what is to be said of them, line by line."""

    rows: pd.DataFrame
    lines: tuple[str, ...]
    cost: Projection | None
    tokens: Projection | None


def preview_of(
    spec: DatasetSpec,
    store: Store,
    rows: int,
    progress: Callable[[str], None] = lambda _: None,
    probed: int | None = None,
) -> Preview:
    """Fit on train and make so many rows; raises SynthError where the source does not pass its gates.

    Where a language model makes the rows, ``probed`` further ones are asked for, label after label, to tell how often
    answers repeat; see ``probes`` for how many.  All requests are ones of a run with the same seed, so that the run
    does not pay for them.
    """
    run = Run(spec, store, f"preview-{uuid.uuid4().hex[:12]}")
    with listening(progress):
        progress("reading")
        train, _ = real_parts(run)
        whole = spec.rows or len(train.table)
        drawer = fit(_patient(spec), train)
        with connected(drawer.spoken, store, spec.name, run.id):
            seen = _Seen(spec, drawer, whole)
            made = seen.drawn(rows)
            seen.probe(probed)
    if drawer.spoken is None:
        told = [f"{len(made):,} of {whole:,} rows; they cost nothing but time."]
        if isinstance(spec.labels, Spoken):
            told.append("The questions over documents, which 'labels' asks a language model for, are not among them.")
        return Preview(made.frame, tuple(told), None, None)
    return seen.told(made.frame, drawer.spoken)


def probes(wanted: Sequence[int]) -> int:
    """Rows that are asked for to tell how often answers repeat, where so many are wanted of each label.

    Of m rows of a label of n, in which a share x of the answers of the whole repeats, about x m^2 / n do, and their
    spread is the root of that: the share is known up to the root of x n, over m.
    """
    rows = sum(wanted)
    size = sum(count**2 for count in wanted) / max(1, rows)  # of the label of a row
    return math.ceil(min(_ROOTS * math.sqrt(max(_SMALLEST, size)), MOST_PROBED * rows))


@dataclass(slots=True, eq=False)
class _Seen:
    """What has been asked so far: first for the rows that are shown, then label by label."""

    spec: DatasetSpec
    drawer: Drawer
    whole: int
    shown: Account = field(default_factory=Account)
    probes: list[Account] = field(default_factory=list)
    depths: list[Depth] = field(default_factory=list)

    def drawn(self, rows: int) -> Table:
        with accounting() as self.shown:
            return sample(self.spec, self.drawer, rows)

    def probe(self, most: int | None) -> None:
        """Ask for all rows of one label after another, in random order, up to so many rows."""
        parts = self._parts()
        most = probes([wanted for _, wanted, _ in parts]) if most is None else most
        for drawer, wanted, rows in parts:
            if most <= 0:
                return
            with accounting() as account:
                sample(self.spec, drawer, min(rows, math.ceil(most * rows / wanted)))
            got, surplus = sum(account.got.values()), account.left_out[SURPLUS]
            self.probes.append(account)
            self.depths.append(Depth(wanted, got + surplus, _items(account), surplus))
            most -= got
            if not got or account.left_out[Reason.UNASKED]:
                return

    def _parts(self) -> list[tuple[Drawer, int, int]]:
        """What draws the rows of each label, how many rows of it the model makes, and how many there are in all."""
        sampler = self.drawer.sampler
        if isinstance(sampler, FillingSampler):
            return [(self.drawer, wanted, self.whole)] if (wanted := self._wanted) else []
        if not isinstance(sampler, LanguageModelSampler):
            return []
        wanted = {title: count for title, count in sampler.wanted(self.whole).items() if count}
        stream, shares = Seed(self.spec.seed, (self.spec.name, "preview")).stream(), np.array(list(wanted.values()))
        order = stream.choice(len(wanted), len(wanted), replace=False, p=shares / shares.sum())
        titles = [list(wanted)[place] for place in order]
        return [(replace(self.drawer, sampler=sampler.only(one)), wanted[one], wanted[one]) for one in titles]

    def told(self, made: pd.DataFrame, spoken: Spoken) -> Preview:
        """The rows in words."""
        lines = [f"{len(made):,} rows by {len(self.shown.keys):,} requests to {_names(spoken)}; left out are "
                 f"{self.shown.told}."]  # fmt: skip
        if not any(map(_items, (self.shown, *self.probes))):
            return Preview(made, (*lines, "Nothing can be said of the whole."), None, None)
        if self.probes:
            got, asked = sum(one.got for one in self.depths), len(self._asked) - len(set(self.shown.keys))
            of = f" of {len(self.depths):,} labels" * (len(self.depths) > 1)
            lines.append(f"For {got:,} rows{of} {asked:,} further requests told how often answers repeat; a run does "
                         "not pay for any of these again.")  # fmt: skip
        tokens, cost = self._total(_TOKENS), self._total(_COST)
        currencies = {tariff_of(one).currency for one in spoken.endpoints}
        if tokens is not None:
            lines.append(self._line(_TOKENS, tokens, "tokens", ",.0f"))
        if len(currencies) > 1:
            cost = None
            lines.append("What they cost is not known: the endpoints are not all priced in one currency.")
        elif cost is None:
            lines.append("What they cost is not known: declare 'price' at the endpoint.")
        else:
            lines.append(self._line(_COST, cost, next(iter(currencies)) or "", ".4g"))
        projection = tokens if spoken.budget and spoken.budget.unit == "tokens" else cost
        if spoken.budget is not None and projection is not None and projection.high > spoken.budget.amount:
            lines.append(f"The budget of {spoken.budget.amount:g} {spoken.budget.unit} may not suffice.")
        return Preview(made, tuple(lines), cost, tokens)

    @property
    def _asked(self) -> dict[str, tuple[float | None, int | None, int]]:
        """Cost, tokens and length of prompt of each request, once."""
        known: dict[str, tuple[float | None, int | None, int]] = {}
        for one in (self.shown, *self.probes):
            known |= dict(zip(one.keys, zip(one.costs, one.tokens, one.lengths, strict=True), strict=True))
        return known

    def _total(self, place: int) -> Projection | None:
        """Of all rows; None where something that it takes is not known."""
        every = list(self._asked.values())
        if any(one[place] is None for one in every):
            return None
        each = mean_cost([one[place] or 0 for one in every], [one[_LENGTH] for one in every], self._length)
        accounts = [self.shown, *self.probes]
        rate = sum(map(_items, accounts)) / sum(len(one.keys) for one in accounts)  # of answers that can be used
        patience = self.drawer.spoken.patience if self.drawer.spoken else 1.0
        needed = items_per_row(self.depths, patience) if self.depths else Projection(1, 1, 1)
        return each * needed * Projection(*[self._wanted / rate] * 3) if rate else None

    @property
    def _wanted(self) -> int:
        """Rows that are asked for."""
        sampler = self.drawer.sampler
        return sampler.asked_for(self.whole, _SEED) if isinstance(sampler, FillingSampler) else self.whole

    @property
    def _length(self) -> float | None:
        sampler = self.drawer.sampler
        return sampler.prompt_length(self.whole, _SEED) if isinstance(sampler, LanguageModelSampler) else None

    def _line(self, place: int, all_: Projection, unit: str, form: str) -> str:
        more = "" if self.depths else "; answers that repeat earlier ones come on top"
        spent = sum(one[place] or 0 for one in self._asked.values())
        return (f"All that took {spent:{form}} {unit}; {self.whole:,} rows will take about {all_.expected:{form}} "
                f"{unit} (95 %: {all_.low:{form}} to {all_.high:{form}}{more}).")  # fmt: skip


def _items(account: Account) -> int:
    """Answers that could be used, whether or not they were new."""
    return sum(account.got.values()) + sum(account.left_out[one] for one in _USED)


def _patient(spec: DatasetSpec) -> DatasetSpec:
    """The same, content with fewer rows: a preview shows what there is."""
    if not isinstance(spec.generator, Spoken):
        return spec
    return spec.model_copy(update={"generator": spec.generator.model_copy(update={"when_short": WhenShort.KEEP})})


def _names(spoken: Spoken) -> str:
    return ", ".join(repr(one.name) for one in spoken.endpoints)
