"""The report and the card: what they say, and what they must never say."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks import Evidence
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Judgement, Line, Verdict
from synth_pipeline.reports import charts
from synth_pipeline.reports.associations import associations, cramer
from synth_pipeline.reports.card import card
from synth_pipeline.reports.distributions import OTHER, histogram, levels
from synth_pipeline.reports.facts import ReportFacts
from synth_pipeline.reports.html import report
from synth_pipeline.spec.columns import Column, Kind, Schema

HOSTILE = "<script>alert(1)</script>"
HOSTILE_LEVEL = '"><img src=x onerror=alert(2)> ![a](b) | `c`'
DOTTED = "a.b[c]:'d'\\\U0001f4c5"
MARKER, RARE, NUMBER = "marker-7f3a91", "rare-51c2", 987654321.125

SCHEMA = Schema(columns=(
    Column(name=HOSTILE, kind=Kind.DECIMAL, nullable=True), Column(name=DOTTED, kind=Kind.CATEGORY, nullable=True),
    Column(name="day", kind=Kind.DATETIME), Column(name="count", kind=Kind.INTEGER, grid=1.0),
    Column(name="flag", kind=Kind.BOOLEAN), Column(name="person", kind=Kind.IDENTIFIER),
))  # fmt: skip


def frame(seed: int, rows: int = 300) -> pd.DataFrame:
    stream = np.random.default_rng(seed)
    numbers = np.where(stream.random(rows) < 0.1, np.nan, stream.normal(50, 9, rows))
    words = stream.choice([HOSTILE_LEVEL, "plain", OTHER, ""], rows).astype(object)
    words[:3] = None
    return pd.DataFrame({
        HOSTILE: numbers, DOTTED: words, "count": stream.integers(0, 6, rows), "flag": stream.random(rows) < 0.3,
        "day": pd.Timestamp("2021-03-01") + pd.to_timedelta(stream.integers(0, 900, rows), "D"),
        "person": [f"p{place % 40}" for place in range(rows)],
    })  # fmt: skip


def evidence(entity: str | None = None) -> Evidence:
    train, holdout, synthetic = map(frame, range(3))
    holdout.loc[7, [HOSTILE, DOTTED]] = NUMBER, MARKER
    train.loc[:1, DOTTED] = RARE
    holdout.loc[20:21, DOTTED] = RARE
    # One entity's rows, however many, are one record of a person.
    train.loc[train["person"] == "p5", DOTTED] = "only-p5"
    synthetic.loc[0, DOTTED] = RARE
    tables = [Table.conform(part, SCHEMA) for part in (train, holdout, synthetic)]
    return Evidence(Train(tables[0]), Holdout(tables[1]), tables[2], entity=entity)


FINDINGS = [
    (Finding("exact_copies", Family.PRIVACY, "all records", "found", 0.04, 0.01, 0.08, 0.05, 0.31, 600), "pass"),
    (Finding("marginals", Family.FIDELITY, HOSTILE, "ks", 0.06, 0.03, 0.09, 0.04, n=300), "warn"),
    (Finding("marginals", Family.FIDELITY, DOTTED, "tv", 0.4, 0.3, 0.5, 0.04, n=300), "block"),
    (Finding("classifier", Family.FIDELITY, "all columns", "auc", math.nan, note="needs 1,000 rows"), "unmeasured"),
    (Finding("own", Family.FIDELITY, "thing", "size", 3.0), ""),
]  # fmt: skip


def facts(entity: str | None = None) -> ReportFacts:
    findings = as_frame([finding for finding, _ in FINDINGS])
    findings = findings.assign(verdict=[verdict for _, verdict in FINDINGS], expectation="within 0.03")
    off, near = (Verdict.BLOCK, f"{HOSTILE} is off"), (Verdict.WARN, "ks is near it")
    gates = [Judgement("fidelity", "s", (Line("a", "critical", *off), Line("b", "warning", *near)), findings),
             Judgement("source", "s", (Line("c", "critical", Verdict.PASS),))]  # fmt: skip
    return ReportFacts(f"Title {HOSTILE}", "What it is", Verdict.BLOCK, gates[0].reasons,
                       {"Seed": "0", "Source": HOSTILE_LEVEL}, gates, evidence(entity), (HOSTILE,))  # fmt: skip


class Page(HTMLParser):
    """Elements with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def html() -> str:
    return report(facts())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_loads_nothing(html: str, page: Page) -> None:
    assert "http://" not in html
    assert "https://" not in html
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    loading = ("src", "srcset", "href", "xlink:href", "data")
    targets = {value or "" for _, names in page.elements for name, value in names.items() if name in loading}
    assert all(target == "data:," or target.startswith("#") for target in targets)


def test_escapes_names_and_levels(html: str, page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "image", "foreignobject"}
    assert not [names for _, names in page.elements if any(name.startswith("on") for name in names)]
    assert HOSTILE in page.text
    assert "<script" not in html


def test_ids_are_unique_and_references_hold(html: str, page: Page) -> None:
    ids = [names["id"] for _, names in page.elements if "id" in names]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)
    assert {names["aria-labelledby"] for _, names in page.elements if "aria-labelledby" in names} <= set(ids)


def test_is_accessible(page: Page) -> None:
    assert ("html", {"lang": "en"}) in page.elements
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    assert all("scope" in names for tag, names in page.elements if tag == "th")
    assert all(names.get("aria-label") for tag, names in page.elements if names.get("class") == "chart")


def test_says_verdict_and_reasons(page: Page) -> None:
    assert "BLOCK" in page.words
    assert f"fidelity: {HOSTILE} is off" in page.text
    assert "fidelity: ks is near it" in page.text
    assert "p = 0.31: what chance alone gives" in page.text
    assert "NOT JUDGED" in page.text


def test_unmeasured_is_words(page: Page) -> None:
    assert "auc: not measured: needs 1,000 rows" in page.text
    assert not re.search(r"\b(nan|NaN|None|null|undefined|Infinity)\b", page.text)


def test_unmeasured_verdict_stands_in_words() -> None:
    bare = replace(facts(), verdict=Verdict.UNMEASURED, judgements=[], reasons=["the audit did not finish"])
    text = Page(report(bare)).text
    assert "UNMEASURED" in text
    assert "No check has left a finding" in text
    assert "nothing is known about copies" in card(bare)


def test_pass_says_what_was_tested() -> None:
    findings = as_frame([FINDINGS[0][0]]).assign(verdict="pass", expectation="")
    gate = Judgement("privacy", "s", (Line("a", "critical", Verdict.PASS),), findings)
    passed = replace(facts(), verdict=Verdict.PASS, reasons=[], judgements=[gate])
    text = Page(report(passed)).text
    assert "The gate holds. 1 finding was judged" in text
    assert "Exact copies of training records" in text
    assert "not a proof of anonymity" in text
    assert "Not part of this audit: Whether train and holdout are random parts" in text
    assert "Training records among those closest to the synthetic table;" in text


def test_equal_facts_equal_bytes(html: str) -> None:
    assert report(facts()) == html
    assert card(facts()) == card(facts())


def test_holds_no_row(html: str) -> None:
    for text in (html, card(facts())):
        for secret in (MARKER, RARE, "987654321", "987,654,321", "9.8765"):
            assert secret not in text


def test_names_no_rare_level() -> None:
    shown = levels(evidence(), DOTTED)
    assert MARKER not in shown.labels
    assert RARE not in shown.labels
    assert {"“other levels”", OTHER, "missing", "plain", "only-p5"} <= set(shown.labels)
    assert "only-p5" not in levels(evidence(entity="person"), DOTTED).labels
    assert sum(shown.real) == pytest.approx(1)
    assert sum(shown.synthetic) == pytest.approx(1)


def test_bins_are_coarse_and_round() -> None:
    seen = evidence()
    for name in (HOSTILE, "count", "day"):
        shown = histogram(seen, name)
        assert 2 <= len(shown.edges) <= 31
        assert shown.real.sum() + shown.missing[0] == pytest.approx(1)
        assert shown.synthetic.sum() + shown.missing[1] == pytest.approx(1)
    assert list(histogram(seen, "count").edges) == [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert histogram(seen, HOSTILE).edges[-1] < 200


def test_associations_see_what_goes_together() -> None:
    codes = np.repeat([0, 1, 2], 50)
    assert cramer(codes, codes) == pytest.approx(1, abs=0.02)
    assert cramer(codes, np.tile([0, 1, 2], 50)) == 0
    assert math.isnan(cramer(codes, np.zeros(150, int)))
    names = [DOTTED, "flag", HOSTILE, "count"]
    matrix = associations(evidence(), 1, names)
    assert np.isnan(np.diag(matrix)).all()
    assert np.array_equal(matrix, matrix.T, equal_nan=True)
    assert np.nanmax(np.abs(matrix)) < 0.3


@pytest.mark.parametrize("values", [[5.0] * 40, [0.0] * 40, [math.nan] * 40, [1e12, -1e12] * 20, [1e-9, 3e-9] * 20])
def test_draws_odd_columns(values: list[float]) -> None:
    """Constant, empty, huge and tiny."""
    schema = Schema(columns=(Column(name="x", kind=Kind.DECIMAL, nullable=True),))
    table = Table.conform(pd.DataFrame({"x": values}), schema)
    seen = Evidence(Train(table), Holdout(table), table)
    assert "<svg" in report(replace(facts(), evidence=seen, judgements=[]))


def test_specs_are_valid() -> None:
    """What ``inline`` does not validate."""
    seen = evidence()
    row = {"label": "a", "value": 1.0, "low": None, "high": None, "baseline": 0.5, "verdict": "warn"}
    drawn = [charts.dots([row, row]), charts.bars_of_levels(levels(seen, DOTTED))]
    drawn += [charts.heat(np.eye(3), ["a", "a", "b"], 1.0)]
    drawn += [charts.bars_of_numbers(histogram(seen, name)) for name in (HOSTILE, "day")]
    assert all(chart.to_dict()["$schema"] for chart in drawn)


def test_card_is_honest_and_escaped() -> None:
    text = card(facts())
    assert "SYNTHETIC" in text
    assert "a pass is not a proof of anonymity" in text
    assert "Formal differential privacy is not claimed" in text
    assert "should not be used" in text
    assert "<" not in text
    assert "![" not in text
    for column in ("_provenance", "_record_id", "_generator", "_generation", "_batch_id"):
        assert f"`{column}`" in text
    rows = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()]
    broken = [after for before, after in pairwise(rows) if before and after and before != after]
    assert max(rows) == 8
    assert not broken, "a value has broken a table's row"
