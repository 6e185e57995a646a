"""A declared judge at work: which rows it is asked about, and which of them then wait for a person."""

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.people import read_people, shown_of
from synth_pipeline.adapters.project import ROOT
from synth_pipeline.asking.judging import described, judge_rows
from synth_pipeline.core.account import plain_rows, row_hashes
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.judged import Judged, People
from synth_pipeline.core.language_model import speaker
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Schema
from synth_pipeline.spec.judging import Judging
from synth_pipeline.stages.review import queue
from synth_pipeline.stages.run import Run


def judge_table(run: Run, synthetic: Table, holdout: Table) -> Judged | None:
    """Verdicts on a random part of the synthetic rows and on as many of the holdout; None where no judge is declared.

    A drill plants rows of train among the synthetic ones, which no judge and no reviewer is to see.  Another synthetic
    table is another part: rows that a reviewer took out must not leave a sample that was cleaned.
    """
    judge = run.spec.judge
    if judge is None or judge.rows is None or run.drill:
        return None
    return _judged(run, judge.rows, "rows", synthetic, holdout)


def judge_records(run: Run, records: Table) -> Judged | None:
    """Verdicts on a random part of the records over documents; None where no judge of them is declared."""
    judge = run.spec.judge
    if judge is None or judge.labels is None:
        return None
    return _judged(run, judge.labels, "labels", records, None)


def _judged(run: Run, judging: Judging, of: str, synthetic: Table, holdout: Table | None) -> Judged:
    judge, seed = run.spec.judge, Seed(0, (run.name, "judge", of))
    assert judge is not None
    made = _some(synthetic, judging.sample, seed.child(of_frame(synthetic.frame)))
    control = None if holdout is None else _some(holdout, len(made), seed.child("control"))
    shown = shown_of(synthetic.schema)
    people, theirs = None, None
    if judging.people is not None:
        people, theirs = read_people(ROOT / judging.people, judging.people, shown, judging.rubric)
    texts = [_texts(table, shown) if table is not None else [] for table in (made, control, people)]
    with connected(judge, run.store, f"{run.name}/judge", run.id):
        scores = judge_rows(speaker(), judge, judging, [text for part in texts for text in part], seed)
    first, second = len(texts[0]), len(texts[0]) + len(texts[1])
    by_content = row_hashes(Table(made.frame[shown.names], shown))
    judged = Judged(
        judging.rubric, scores.part(0, first), tuple(by_content),
        None if control is None else scores.part(first, second),
        None if people is None or theirs is None else
        People(theirs, scores.part(second, len(scores)), tuple(row_hashes(people))),
        scores.unanswered,
    )  # fmt: skip
    queue(run, of, made, judged)
    return judged


def _some(table: Table, rows: int, seed: Seed) -> Table:
    """So many rows at random, in an order of chance."""
    return table.take(seed.stream().permutation(len(table))[:rows])


def _texts(table: Table, shown: Schema) -> list[str]:
    return [described(row) for row in plain_rows(table, shown.names)]
