"""What of an audit may be published with the rows."""

import pandas as pd

from synth_pipeline.checks import Evidence
from synth_pipeline.checks.paraphrases import CLOSE_PAIR
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.reports import ReportFacts, card, report
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.stages.folder import publishable

SCHEMA = Schema(columns=(Column(name="text", kind=Kind.TEXT),))


def test_which_released_row_follows_which_real_one_is_not_published():
    pair = Finding(
        "paraphrases", Family.PRIVACY, "text, row 5 words 0-9, train 05be7b9dc46c words 0-9", CLOSE_PAIR, 3.1
    )
    leaked = Finding("paraphrases", Family.PRIVACY, "text", "leaked", 0.01, 0.0, 0.02, 0.01, 0.6, 100, "1 of 100")
    findings = as_frame([pair, leaked]).assign(verdict="pass", expectation="", p_holm=1.0, alpha=0.01)
    table = Table.conform(pd.DataFrame({"text": ["a b", "c d"]}), SCHEMA)
    facts = ReportFacts("t", "d", Verdict.PASS, [], {}, [Judgement("memorisation", "s", (), findings)],
                        Evidence(Train(table), Holdout(table), table))  # fmt: skip
    for text in (report, card):
        assert "05be7b9dc46c" in text(facts), "a report in the restricted area says it"
        assert "05be7b9dc46c" not in text(publishable(facts)) and "leaked" in text(publishable(facts))
