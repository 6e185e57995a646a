"""Identifiers: does the synthetic table name real records?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_set
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.spec.columns import Kind


class Identifiers:
    """Identifiers of real records in the synthetic table.

    ``found`` is the share of train records whose identifier occurs in the synthetic table (0: none, 1: all),
    its baseline that of the holdout: numbers that merely count on occur on both sides alike, which Fisher's
    exact test lets pass; identifiers that were remembered occur among train records.  ``reused`` is the
    share of synthetic rows that carry an identifier of any real record.
    """

    name = "identifiers"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        for column in evidence.schema.of(Kind.IDENTIFIER):
            require_enough(pool, evidence)
            real = pd.concat([table.frame[column] for table in evidence.tables[:2]], ignore_index=True)
            made = evidence.synthetic.frame[column].dropna()
            found = (real.isin(made) & real.notna()).to_numpy()
            result = of_set(pool.any(found), pool.member)
            low, high = clopper_pearson(result.members, result.train)
            yield Finding(self.name, self.family, column, "found", result.share, low, high, result.control,
                          result.p_value, len(pool.member), result.counted)  # fmt: skip
            reused = float(np.mean(made.isin(real))) if len(made) else 0.0
            yield Finding(self.name, self.family, column, "reused", reused, baseline=0.0, n=len(made))
