"""A picture for places that show Markdown, such as an asset's metadata."""

import base64

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.reports.associations import associations
from synth_pipeline.reports.charts import heat

MOST_COLUMNS = 25


def gap_of_associations(evidence: Evidence) -> str:
    """Markdown with a heat map: association of columns in the synthetic table less that in the holdout."""
    import vl_convert

    names = [*evidence.numeric, *evidence.nominal][:MOST_COLUMNS]
    if len(names) < 2:
        return "A single column has no associations."
    real, synthetic = (associations(evidence, side, names) for side in (1, 2))
    chart = heat(synthetic - real, names, 0.5).to_dict(validate=False)
    picture = base64.b64encode(vl_convert.vegalite_to_png(chart, scale=1.5)).decode()
    caption = "Synthetic minus real: association of columns, from -0.5 to 0.5"
    return f"{caption}\n\n![{caption}](data:image/png;base64,{picture})"
