"""Entities: names, places and identifiers of training texts that stand in synthetic ones, against those of holdout."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_set
from synth_pipeline.checks.texts import pooled_columns
from synth_pipeline.checks.units import Pool
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.personal import Detector
from synth_pipeline.text.matches import HOLDERS
from synth_pipeline.text.tokens import tokens


class Entities:
    """Records whose personal data, as a declared detector finds them, stand in synthetic texts.

    A datum is its kind and its words, whatever case and punctuation.  One that more than 16 real records have is no
    personal one.  Value is the share of train records that are found (0: none, 1: all), baseline that of holdout
    records, since a common name stands in many texts; Fisher's exact test.  No datum is ever printed.  Nothing is
    said where no detector is declared, or real texts hold nothing of the kind.
    """

    name = "entities"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        detect = evidence.detector
        if detect is None:
            return
        for column, pool in pooled_columns(evidence):
            sides = [table.frame[column] for table in evidence.tables[:2]]
            real = evidence.real.recall(("entities", column), lambda sides=sides: _held(pd.concat(sides), detect))
            if not len(real):
                continue
            made = _held(evidence.synthetic.frame[column], detect)
            result = of_set(_found(real, set(made["datum"]), pool), pool.member)
            low, high = clopper_pearson(result.members, result.train)
            yield Finding(
                self.name, self.family, column, "found", result.share, low, high, result.control, result.p_value,
                len(pool.member), f"{result.counted}; {', '.join(sorted(real['kind'].unique()))}",
            )  # fmt: skip


def _held(texts: pd.Series, detect: Detector) -> pd.DataFrame:
    """One row per text and datum in it: the number of the text, the kind, and the datum in its normal form."""
    numbers, distinct = pd.factorize(texts.fillna("").to_numpy(dtype=object))
    found = detect(distinct.tolist())
    rows = [(place, kind, f"{kind} {' '.join(tokens(said))}")
            for place, number in enumerate(numbers) for kind, said in found[number]]  # fmt: skip
    return pd.DataFrame(rows, columns=["text", "kind", "datum"]).drop_duplicates(["text", "datum"])


def _found(real: pd.DataFrame, made: set[str], pool: Pool) -> np.ndarray:
    """Units that have a datum which synthetic texts have too, and few real units."""
    shared = real[real["datum"].isin(made)]
    held = pd.DataFrame({"datum": shared["datum"], "unit": pool.unit[shared["text"].to_numpy()]}).drop_duplicates()
    rare = held.groupby("datum")["unit"].transform("size") <= HOLDERS
    out = np.zeros(len(pool.member), bool)
    out[held["unit"][rare].to_numpy()] = True
    return out
