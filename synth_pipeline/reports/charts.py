"""The charts of a report, as altair objects.

Real rows are grey, synthetic ones blue, throughout.  Fields have fixed names, so that no column name is
ever read as a path or an expression.
"""

from typing import Any

import numpy as np

from synth_pipeline.reports.axes import date_ticks, number_ticks
from synth_pipeline.reports.distributions import Histogram, Levels
from synth_pipeline.reports.svg import INK, MUTED
from synth_pipeline.reports.words import distinct, printable

# Okabe and Ito's palette, but for the greys.
SYNTHETIC, REAL, EDGE = "#0072B2", "#c3c9d1", "#333333"
LESS, NONE, MORE = "#0072B2", "#f6f6f4", "#D55E00"
SHAPES = {
    "pass": ("circle", SYNTHETIC),
    "warn": ("triangle-up", "#E69F00"),
    "block": ("diamond", "#D55E00"),
    "": ("circle", "#7f8896"),
}
NARROWEST = 0.01  # width of an axis
WIDTH = 520
PANEL = (258, 178)

Row = dict[str, Any]


def dots(rows: list[Row]) -> Any:
    """One line per row: value as a dot with its interval, baseline as a tick.

    Rows have ``label``, ``value``, ``low``, ``high``, ``baseline`` and ``verdict``; None is left out.
    """
    import altair as alt

    labels = distinct([printable(row["label"]) for row in rows])
    rows = [row | {"label": label} for row, label in zip(rows, labels, strict=True)]
    y = alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(labelLimit=190, labelColor=INK))
    scale = alt.Scale(domain=_reach(rows), zero=False, nice=True)
    axis = alt.Axis(tickCount=5, format="~g", grid=True)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", title=None, scale=scale, axis=axis)

    spans = _chart(rows, "low", "high").mark_rule(color=SYNTHETIC, strokeWidth=2, opacity=0.45)
    ticks = _chart(rows, "baseline").mark_tick(color=EDGE, thickness=2, height=13, orient="vertical")
    points = _chart(rows, "value").mark_point(filled=True, size=75, opacity=1)
    shapes, colors = (alt.Scale(domain=list(SHAPES), range=list(looks)) for looks in zip(*SHAPES.values(), strict=True))
    shape = alt.Shape("verdict:N", legend=None, scale=shapes)
    color = alt.Color("verdict:N", legend=None, scale=colors)
    layers = (
        spans.encode(x=x("low"), x2="high:Q", y=y),
        ticks.encode(x=x("baseline"), y=y),
        points.encode(x=x("value"), y=y, shape=shape, color=color),
    )
    return _fit(alt.layer(*layers), WIDTH, 19 * len(rows) + 28)


def bars_of_numbers(shown: Histogram) -> Any:
    """Real as grey bars, synthetic as a blue outline; missing as a bar of its own at the right."""
    import altair as alt

    edges = shown.edges * (1000.0 if shown.dates else 1.0)  # dates are milliseconds in vega
    kind = "T" if shown.dates else "Q"
    step = edges[1] - edges[0]
    gap = max(step, 0.08 * (edges[-1] - edges[0]))
    real = _bars(edges, shown.real)
    outline = _outline(edges, shown.synthetic, 0)
    domain = [float(edges[0]), float(edges[-1])]
    if max(shown.missing) > 0:
        place = np.array([edges[-1] + gap / 2, edges[-1] + gap * 1.5])
        real += _bars(place, np.array(shown.missing[:1]))
        outline += _outline(place, np.array(shown.missing[1:]), 1)
        domain[1] = float(place[-1] + gap / 2)
    scale = alt.Scale(domain=domain, nice=False, zero=False, **({"type": "utc"} if shown.dates else {}))
    ticks, form = date_ticks(edges) if shown.dates else number_ticks(edges)
    axis = alt.Axis(values=ticks, format=form, grid=False, labelOverlap=True)
    x = alt.X(f"x:{kind}", title=None, scale=scale, axis=axis)
    bars = alt.Chart(alt.Data(values=real)).mark_rect(color=REAL)
    lines = alt.Chart(alt.Data(values=outline)).mark_line(color=SYNTHETIC, strokeWidth=1.6, interpolate="step-after")
    layers = [bars.encode(x=x, x2=f"x2:{kind}", y=_share("y"), y2=alt.datum(0)),
              lines.encode(x=x, y=_share("y"), detail="part:N", order="order:Q")]  # fmt: skip
    if max(shown.missing) > 0:
        note = alt.Chart(alt.Data(values=[{"x": float(place.mean()), "y": 0.0, "text": "missing"}]))
        layers.append(note.mark_text(dy=13, fontSize=10, color=MUTED).encode(x=x, y=_share("y"), text="text:N"))
    return _fit(alt.layer(*layers), *PANEL)


def bars_of_levels(shown: Levels) -> Any:
    """Two bars for each level."""
    import altair as alt

    rows = [{"label": label, "side": side, "x": share}
            for side, shares in (("real", shown.real), ("synthetic", shown.synthetic))
            for label, share in zip(shown.labels, shares, strict=True)]  # fmt: skip
    overlap = {"labelOverlap": False, "labelLimit": 96, "labelFontSize": 10, "labelColor": INK}
    chart = alt.Chart(alt.Data(values=rows)).mark_bar().encode(
        x=alt.X("x:Q", title=None, axis=alt.Axis(format="~%", tickCount=3, grid=True)),
        y=alt.Y("label:N", sort=shown.labels, title=None, axis=alt.Axis(**overlap), scale=alt.Scale(paddingInner=0.25)),
        yOffset=alt.YOffset("side:N", sort=["real", "synthetic"]),
        color=alt.Color("side:N", legend=None, scale=alt.Scale(domain=["real", "synthetic"], range=[REAL, SYNTHETIC])),
    )  # fmt: skip
    return _fit(chart, PANEL[0], min(PANEL[1], 34 + 28 * len(shown.labels)))


def heat(matrix: np.ndarray, names: list[str], reach: float) -> Any:
    """The lower triangle of a matrix, from -reach to reach; columns are numbered as the rows are."""
    import altair as alt

    labels = distinct([f"{printable(name)}  {place + 1}" for place, name in enumerate(names)])
    cells = [{"x": b + 1, "y": labels[a], "value": round(float(matrix[a, b]), 4)}
             for a in range(1, len(names)) for b in range(a) if np.isfinite(matrix[a, b])]  # fmt: skip
    scale = alt.Scale(domain=[-reach, 0, reach], range=[LESS, NONE, MORE], interpolate="rgb", clamp=True)
    across = alt.Axis(labelAngle=0, labelFontSize=9, labelOverlap=True, domain=False, labelColor=INK)
    size = min(10, max(7, 300 // len(names)))
    down = alt.Axis(labelFontSize=size, labelLimit=130, labelOverlap=False, labelColor=INK)
    chart = alt.Chart(alt.Data(values=cells)).mark_rect(stroke="#ffffff", strokeWidth=0.5).encode(
        x=alt.X("x:O", title=None, axis=across, scale=alt.Scale(domain=list(range(1, len(names) + 1)))),
        y=alt.Y("y:N", title=None, axis=down, sort=labels, scale=alt.Scale(domain=labels)),
        color=alt.Color("value:Q", legend=None, scale=scale),
    )  # fmt: skip
    return _fit(chart, 345, 290)


def _reach(rows: list[Row]) -> list[float]:
    """The ends of an axis: from zero unless all is far from it, and never so narrow that nothing looks like much."""
    numbers = [row[key] for row in rows for key in ("value", "low", "high", "baseline") if row[key] is not None]
    low, high = min(numbers), max(numbers)
    low = 0.0 if 0 < low < 0.4 * high else low
    short = max(0.0, NARROWEST - (high - low))
    return [low, high + short] if low >= 0 and high < 0.5 else [low - short / 2, high + short / 2]


def _chart(rows: list[Row], *needed: str) -> Any:
    """A chart of the rows that have all that it draws."""
    import altair as alt

    return alt.Chart(alt.Data(values=[row for row in rows if all(row[key] is not None for key in needed)]))


def _fit(chart: Any, width: int, height: int) -> Any:
    """The size of the whole, axes included."""
    import altair as alt

    return chart.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"))


def _share(field: str) -> Any:
    import altair as alt

    return alt.Y(f"{field}:Q", title=None, axis=alt.Axis(format="~%", tickCount=3, grid=True))


def _bars(edges: np.ndarray, shares: np.ndarray) -> list[Row]:
    return [{"x": float(edges[place]), "x2": float(edges[place + 1]), "y": round(float(share), 5)}
            for place, share in enumerate(shares)]  # fmt: skip


def _outline(edges: np.ndarray, shares: np.ndarray, part: int) -> list[Row]:
    """From the axis up, along the tops of all bins, and down to the axis."""
    xs = [edges[0], *edges[:-1], edges[-1], edges[-1]]
    ys = [0.0, *shares, shares[-1], 0.0]
    return [{"x": float(x), "y": round(float(y), 5), "part": part, "order": order}
            for order, (x, y) in enumerate(zip(xs, ys, strict=True))]  # fmt: skip
