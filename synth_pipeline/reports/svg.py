"""Charts as SVG that can stand inside a page beside others."""

import re
from html import escape
from typing import Any

# Widths are measured with Liberation Sans, whose letters are as wide as those of the first two.
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
INK, MUTED, RULE = "#222222", "#5c6470", "#dfe3e8"

_CONFIG: dict[str, Any] = {
    "aria": False,  # a chart is one image with one label; marks read out one by one help nobody
    "background": None,
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelFont": FONT, "labelColor": MUTED, "labelFontSize": 11, "title": None, "ticks": False,
        "labelPadding": 6, "domainColor": "#b6bdc7", "gridColor": RULE,
    },
    "axisY": {"domain": False, "grid": False},
}  # fmt: skip


def inline(chart: Any, label: str, key: str) -> str:
    """An altair chart as an SVG element, labelled; ``key`` is unique in the page and keeps its ids apart.

    The ids that vega makes up count on from chart to chart, so they are replaced: equal charts, equal bytes.
    """
    import vl_convert

    # Specs are validated in the tests; doing it for every chart would double the time.
    text = vl_convert.vegalite_to_svg(chart.to_dict(validate=False), config=_CONFIG, allowed_base_urls=[])
    root, body = re.fullmatch(r"(<svg[^>]*>)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    width, height = (re.search(rf' {name}="([\d.]+)"', root).group(1) for name in ("width", "height"))  # type: ignore[union-attr]
    ids = {name: f"{key}-{place}" for place, name in enumerate(re.findall(r' id="((?:clip|gradient_)\d+)"', body))}
    for name, new in ids.items():
        body = re.sub(rf'( id="|url\(#|href="#){name}(?=[")])', rf"\g<1>{new}", body)
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title>{escape(label)}</title>{body}'
    )
