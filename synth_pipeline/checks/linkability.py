"""Linkability: does the synthetic table tell which two halves of a record belong together?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.attacks import attacked, on_units, risk, searched_by_attacker
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.neighbours import points_of, search
from synth_pipeline.checks.texts import left_to_text
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

NEAREST = 3


class Linkability:
    """Halves of training records that the synthetic table links.

    An attacker knows one half of the columns of a person from one source and the other half from
    another, and links them when one synthetic row is among the three nearest to both.  Value is the
    share of train records that are linked (0: none, 1: all), baseline that of holdout records; Fisher's
    exact test.  What linking at random gives is in the note.  Giomi et al. 2022, arXiv:2211.10459.
    """

    name = "linkability"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.effort.attacks:
            return
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        if left_to_text(evidence, 2):
            return
        if len(evidence.names) < 2:
            raise Unmeasurable("The table has a single column.", "nothing is to be linked.")
        rows, places = attacked(evidence), searched_by_attacker(evidence)
        order = evidence.seed.child(self.name).stream().permutation(len(evidence.names))
        halves = np.array_split(np.array(evidence.names, object)[order], 2)
        first, second = (
            search(points_of(evidence, rows, "rank", names=list(half)), evidence.embed(2, places, list(half)), NEAREST)
            for half in halves
        )
        linked = (first.places[:, :, None] == second.places[:, None, :]).any((1, 2))
        found = on_units(pool, rows, linked)
        yield risk(self.name, "two halves of the columns", found, min(1.0, NEAREST**2 / max(1, len(places))))
