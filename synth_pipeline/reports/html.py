"""The report: one file without scripts or requests, in which everything is drawn."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.reports.associations import associations
from synth_pipeline.reports.charts import bars_of_levels, bars_of_numbers, dots, heat
from synth_pipeline.reports.distributions import histogram, levels
from synth_pipeline.reports.facts import ReportFacts
from synth_pipeline.reports.privacy import attacks
from synth_pipeline.reports.rendering import page
from synth_pipeline.reports.sections import SHOWN, Row, Section, absent_checks, sections, warnings
from synth_pipeline.reports.svg import inline
from synth_pipeline.reports.words import MORE_IS_BETTER, metric_name, number

MOST_COLUMNS = 40
SMALLEST_REACH = 0.2  # of the scale of differences, so that noise stays pale


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and what is said above and below it."""

    caption: str
    svg: Any
    note: str = ""


def report(facts: ReportFacts) -> str:
    """The report of a release, or of a refusal; equal facts give equal bytes."""
    found = sections(facts.judgements)
    names = facts.evidence.names
    return page(
        "report.html.jinja",
        facts=facts,
        warnings=warnings(facts),
        sections=[(section, figures_of(section)) for section in found],
        attacks=attacks(found),
        sensitive=facts.sensitive,
        judged=sum(len(section.rows) for section in found),
        private_passed=_private_passed(found),
        absent=absent_checks(facts.judgements),
        marginals=[_marginal(facts.evidence, name, place) for place, name in enumerate(names[:MOST_COLUMNS])],
        columns_left=max(0, len(names) - MOST_COLUMNS),
        pairs=_pairs(facts.evidence),
        pass_=Verdict.PASS,
    )


def _private_passed(found: list[Section]) -> bool:
    rows = [row for section in found if section.private for row in section.rows]
    return bool(rows) and all(row.verdict is Verdict.PASS for row in rows)


def figures_of(section: Section) -> list[Figure]:
    """One chart for each metric."""
    return [_dots(section, metric, rows, place) for place, (metric, rows) in enumerate(section.metrics)]


def _dots(section: Section, metric: str, rows: list[Row], place: int) -> Figure:
    caption = metric_name(metric)
    if all(row.value == row.baseline and row.verdict is Verdict.PASS for row in rows) and len(rows) > 1:
        return Figure(caption, "", f"For all {len(rows)} subjects as between real and real.")
    shown = sorted(rows[:SHOWN], key=lambda row: -row.excess)
    values = [{"label": row.subject, "verdict": row.verdict.value if row.verdict else ""}
              | {key: _drawn(getattr(row, key)) for key in ("value", "low", "high", "baseline")}
              for row in shown]  # fmt: skip
    left = len(rows) - len(shown)
    notes = [f"{left} of {len(rows)} are not drawn: they exceed their baseline less."] if left else []
    notes += ["Here more is better."] if metric in MORE_IS_BETTER else []
    label = f"{section.title}: {caption}, synthetic against real-versus-real"
    return Figure(caption, _markup(inline(dots(values), label, f"{section.name}-{place}")), " ".join(notes))


def _drawn(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _marginal(evidence: Evidence, name: str, place: int) -> Figure:
    label, key = f"Distribution of {name}: real holdout against synthetic", f"column-{place}"
    if name in evidence.numbers:
        shown = histogram(evidence, name)
        if len(shown.edges) < 2:
            return Figure(name, "", "Too few known real values to draw.")
        return Figure(name, _markup(inline(bars_of_numbers(shown), label, key)))
    return Figure(name, _markup(inline(bars_of_levels(levels(evidence, name)), label, key)))


def _pairs(evidence: Evidence) -> list[tuple[Figure, str]]:
    """Heat maps with the end of their scale: real, synthetic, and what the second has more of."""
    names = [*evidence.numeric, *evidence.nominal][:MOST_COLUMNS]
    if len(names) < 2:
        return []
    real, synthetic = (associations(evidence, side, names) for side in (1, 2))
    gap = synthetic - real
    known = np.abs(gap[np.isfinite(gap)])
    reach = max(SMALLEST_REACH, math.ceil(10 * float(known.max(initial=0))) / 10)
    maps = (("Real holdout", real, 1.0), ("Synthetic", synthetic, 1.0), ("Synthetic minus real", gap, reach))
    return [(Figure(caption, _markup(inline(heat(matrix, names, end), f"Associations: {caption}", f"pairs-{place}"))),
             number(end)) for place, (caption, matrix, end) in enumerate(maps)]  # fmt: skip


def _markup(svg: str) -> Any:
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704 - vega escapes the text of charts, and svg.py their labels
