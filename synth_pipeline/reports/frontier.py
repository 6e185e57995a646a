"""The page of a comparison: which generator gives how much fidelity and utility, for how much leakage and time."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth_pipeline.reports.charts import SHAPES
from synth_pipeline.reports.rendering import page
from synth_pipeline.reports.svg import INK, MUTED, inline
from synth_pipeline.reports.words import printable

Row = Mapping[str, Any]

_SIZE = (440, 300)
_LEAST_P = 1e-6  # smaller p-values are drawn here


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and what is said above and below it."""

    caption: str
    svg: Any
    note: str


def frontier(dataset: str, train_rows: int, rows: Sequence[Row], advice: str) -> str:
    """The page, without scripts or requests; rows have the fields of ``comparison.Compared``."""
    figures = [
        _figure("Utility against fidelity", "Up and to the left is better.", rows, "utility",
                lambda row: row["utility"], 1, {"zero": False}),
        _figure("Leakage against fidelity", "Up and to the left is better: at the bottom, train records are told from "
                f"others. P-values below {_LEAST_P:g} are drawn there.", rows, "leakage",
                lambda row: max(row["leakage"], _LEAST_P), 1, {"type": "log", "domain": [_LEAST_P, 1]}),
        _figure("Time against fidelity", "Down and to the left is better: CPU seconds of fit and sample.", rows,
                "cpu_seconds", lambda row: max(row["cpu_seconds"], 0.01), -1, {"type": "log"}),
    ]  # fmt: skip
    return page("comparison.html.jinja", dataset=dataset, train_rows=train_rows, rows=rows, advice=advice,
                figures=[figure for figure in figures if figure is not None])  # fmt: skip


def _figure(
    caption: str,
    note: str,
    rows: Sequence[Row],
    key: str,
    height: Callable[[Row], float],
    sign: int,
    scale: dict[str, Any],
) -> Figure | None:
    """None where nothing was measured; ``sign`` is 1 where higher is better, else -1."""
    from markupsafe import Markup

    points = [{"x": row["auc"], "y": height(row), "label": printable(row["generator"]), "verdict": row["verdict"].value}
              for row in rows if math.isfinite(row["auc"]) and math.isfinite(row[key])]  # fmt: skip
    if not points:
        return None
    svg = inline(_scatter(points, _best(points, sign), scale), caption, f"frontier-{key}")
    return Figure(caption, Markup(svg), note)  # noqa: S704 - vega escapes the text of charts, and svg.py their labels


def _best(points: list[dict[str, Any]], sign: int) -> list[dict[str, Any]]:
    """The points that no other one beats in both respects, from left to right."""
    out: list[dict[str, Any]] = []
    for point in sorted(points, key=lambda one: (one["x"], -sign * one["y"])):
        if not out or sign * point["y"] > sign * out[-1]["y"]:
            out.append(point)
    return out


def _scatter(points: list[dict[str, Any]], best: list[dict[str, Any]], scale: dict[str, Any]) -> Any:
    """One mark per generator with its name, and a line through the best; the area under the curve runs to the right."""
    import altair as alt

    low = min(0.5, *(point["x"] for point in points))
    x = alt.X("x:Q", title=None, scale=alt.Scale(domain=[low, 1.0]), axis=alt.Axis(tickCount=6, grid=True))
    y = alt.Y("y:Q", title=None, scale=alt.Scale(**scale), axis=alt.Axis(tickCount=5, grid=True, format="~g"))
    shapes, colors = (alt.Scale(domain=list(SHAPES), range=list(looks)) for looks in zip(*SHAPES.values(), strict=True))
    base = alt.Chart(alt.Data(values=points))
    marks = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=x, y=y, shape=alt.Shape("verdict:N", legend=None, scale=shapes),
        color=alt.Color("verdict:N", legend=None, scale=colors),
    )  # fmt: skip
    names = base.mark_text(dy=-11, fontSize=11, color=INK).encode(x=x, y=y, text="label:N")
    line = alt.Chart(alt.Data(values=best)).mark_line(color=MUTED, strokeDash=[4, 3]).encode(x=x, y=y)
    width, height = _SIZE
    return alt.layer(line, marks, names).properties(width=width, height=height)
