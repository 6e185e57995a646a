"""Numbers, verdicts and names in the words that a reader sees."""

import math
import re

from synth_pipeline.core.verdict import Verdict

NOT_MEASURED = "not measured"
ABSENT = "–"
LONGEST = 60  # characters of a name

METRICS = {
    "barred": "Records over a document of holdout or sealed",
    "barred words": "Records that quote words of holdout or sealed alone",
    "commonest kind": "Records of the commonest kind",
    "crowded": "Records over the tenth of the documents with most",
    "empty": "Records without question or answer",
    "lost": "Questions that do not find their document again",
    "lost of a kind": "Questions of a kind that do not find their document again",
    "ungrounded": "Records whose quotation is not in the document",
    "unknown": "Records over a document that no part has",
    "unsupported": "Answers most of whose words the document does not have",
    "unused": "Documents without a record",
    "agreement": "Share of scores that people gave too",
    "as judged": "Rows below what is acceptable, as judged",
    "at odds": "Answers that most samples contradict",
    "below acceptable": "Rows below what is acceptable to the judge",
    "kappa": "Agreement of judge and people beyond chance",
    "to review": "Rows that wait for a person",
    "unanswered": "Rows without a verdict",
    "wavering": "Rows on which samples of the judge are at odds",
    "without people": "No people have judged",
    "augmented": "Score with synthetic rows added over score without",
    "beyond": "Rows beyond all real values",
    "compared": "Real rows in groups large enough to compare",
    "hour": "Hours: total variation distance",
    "implausible": "Synthetic rows in no neighbourhood of real ones",
    "lost levels": "Levels that were to be expected and never occur",
    "month": "Months: total variation distance",
    "new levels": "Rows with a level that no real row has, where new ones are natural",
    "order": "Rows in which the order is broken",
    "rare recall": "Recall of the rarest class: shortfall",
    "tails": "Share of rows in a tail: difference",
    "target mean": "Mean of the target: difference in standard deviations",
    "target rate": "Rate of the target: logarithm of the factor by which it is off",
    "uncovered": "Neighbourhoods of real rows without a synthetic one",
    "unseen": "Rows with a level that no real row has",
    "weekday": "Weekdays: total variation distance",
    "within group": "Total variation distance within the group, mean of all columns",
    "close pair": "How closely a synthetic text follows a training text",
    "leaked": "Share of records that a synthetic text follows too closely",
    "differs": "Difference of train and holdout",
    "disclosure": "Share of records whose value a model infers",
    "epsilon": "Lower bound of epsilon",
    "gives away": "Fall of the area when the column is shuffled",
    "js": "Jensen–Shannon distance",
    "mean tv": "Total variation distance, mean of all triples",
    "missing keys": "Rows without a key",
    "repeated keys": "Rows whose key occurs before",
    "violations": "Rows that break the constraint",
    "members": "Share of train members among the least likely finds",
    "members among the highest scores": "Share of train members among the highest scores",
    "members among the surest": "Share of train members among the surest guesses",
    "null correlations": "Correlation of missing values: mean absolute difference",
    "of real records": "Rows with personal data of a real record",
    "patterns": "Patterns of missing values: total variation distance",
    "reused": "Rows with an identifier of a real record",
    "right": "Share of right guesses",
    "risk": "Share of records on which the attack succeeds",
    "share": "Smallest share of copies that would be caught",
    "split entities": "Entities of the holdout that train has too",
    "well formed": "Rows with anything like personal data",
    "association": "Strength of association: absolute difference",
    "auc": "Area under the ROC curve",
    "distinct": "Distinct rows: shortfall",
    "entropy": "Entropy: shortfall",
    "found": "Share of records found in the synthetic table",
    "ks": "Kolmogorov–Smirnov distance",
    "levels": "Real rows whose level never occurs",
    "members among the closest": "Share of train members among the closest records",
    "missing": "Share of missing values: difference",
    "mmd": "Maximum mean discrepancy",
    "range": "Real range left out",
    "ratio": "Score of synthetic over score of real",
    "skill": "Skill above a model without information",
    "tv": "Total variation distance",
    "wasserstein": "Wasserstein-1 distance between the real 0.5 % and 99.5 % quantiles, in standard deviations",
}
MORE_IS_BETTER = ("augmented", "ratio", "skill")


def number(x: float) -> str:
    """Three significant digits, without exponents where that is readable."""
    if not math.isfinite(x):
        return ABSENT
    if x == 0:
        return "0"
    if abs(x) < 1e-6:
        return "< 0.000001" if x > 0 else "> −0.000001"
    if abs(x) >= 1e9:
        return f"{x:.3g}".replace("-", "−")
    digits = max(0, 2 - math.floor(math.log10(abs(x))))
    text = f"{x:,.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def interval(low: float, high: float) -> str:
    """Both bounds; a dash where a check gives none."""
    return f"{number(low)} to {number(high)}" if math.isfinite(low) and math.isfinite(high) else ABSENT


def percent(x: float) -> str:
    """A share as a percentage."""
    return f"{number(100 * x)} %" if math.isfinite(x) else NOT_MEASURED


def chance(p: float) -> str:
    """A p-value and what it means, without a threshold: thresholds stand in the suites."""
    if not math.isfinite(p):
        return f"p {NOT_MEASURED}"
    if p >= 0.05:
        return f"p = {number(p)}: what chance alone gives"
    if p < 1e-6:
        return "p < 0.000001: chance alone would give this less than once in a million audits"
    times = float(f"{1 / p:.2g}")
    return f"p = {p:.2g}: chance alone would give this once in {times:,.0f} audits"


def word(verdict: object) -> str:
    """A verdict in capitals; findings that no line judged have none."""
    return verdict.value.upper() if isinstance(verdict, Verdict) else "NOT JUDGED"


def as_verdict(value: object) -> Verdict | None:
    """A cell of the column ``verdict`` of judged findings; None where nothing judged it."""
    return next((verdict for verdict in Verdict if verdict.value == str(value)), None)


def metric_name(metric: str) -> str:
    """Its caption; metrics that nobody described go by their own name."""
    return METRICS.get(metric, printable(metric))


def printable(text: object) -> str:
    """A name that can stand in a chart: control and direction characters replaced, long ones cut."""
    # The joiner and the variation selector are parts of emoji.
    clean = "".join(c if c.isprintable() or c in "\u200d\ufe0f" else "\ufffd" for c in str(text))
    clean = clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + "…"
    return clean if clean.strip() else f"“{clean}”"


def distinct(labels: list[str]) -> list[str]:
    """Labels of one axis: those that look alike get a mark, as equal ones would share a place."""
    taken: list[str] = []
    for label in labels:
        unlike = label
        while unlike in taken:
            unlike += "′"
        taken.append(unlike)
    return taken


def sentences(docstring: str) -> tuple[str, list[str]]:
    """Title and explanation of a docstring; of a long first line the title is what comes before its details."""
    paragraphs = [" ".join(part.split()) for part in docstring.strip().split("\n\n") if part.strip()]
    if not paragraphs:
        return "", []
    title, rest = paragraphs[0].rstrip("."), ""
    if len(title) > LONGEST:
        title, _, rest = re.sub(r"; | \(", "\0", title, count=1).partition("\0")
    if rest:
        rest = rest[:1].upper() + (rest[1:].removesuffix(")") if rest.count(")") > rest.count("(") else rest[1:]) + "."
    return title, [text for text in (rest, *paragraphs[1:]) if text]
