"""Names and identifiers of train in synthetic texts, 300 a side, by a detector of the tests and by Presidio."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from faker import Faker

from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.adapters.presidio import detector
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.personal import Datum
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.presidio import Presidio
from synth_pipeline.steps import measure

SCHEMA = Schema(columns=(Column(name="text", kind=Kind.TEXT, nullable=True),))
ROWS = 300
_NAME = re.compile(r"\b(?:Mr|Ms) ([A-Z]\w+ [A-Z]\w+)")


def by_title(texts: Sequence[str]) -> list[frozenset[Datum]]:
    return [frozenset(("NAME", name) for name in _NAME.findall(text)) for text in texts]


def letters(people: Sequence[str], seed: int) -> Table:
    """A letter of each; every fourth is from somebody whom all know."""
    stream = np.random.default_rng(seed)
    words = ["order", "late", "refund", "please", "account", "closed", "again", "since", "my", "the"]
    texts = [f"{' '.join(stream.choice(words, 8))}. Ms {'Jane Public' if place % 4 == 3 else name}"
             for place, name in enumerate(people)]  # fmt: skip
    return Table.conform(pd.DataFrame({"text": texts}), SCHEMA)


@pytest.fixture(scope="module")
def people() -> list[str]:
    fake = Faker("en_GB")
    fake.seed_instance(3)
    return [f"{fake.unique.first_name_female()}x{place} {fake.last_name()}" for place in range(100)] + [
        f"Ada{place} Sundry" for place in range(3 * ROWS - 100)]  # fmt: skip


def found(evidence_, people: list[str], leaked: int, detect) -> list:
    train, holdout, clean = people[:ROWS], people[ROWS : 2 * ROWS], people[2 * ROWS :]
    made = train[:leaked] + clean[leaked:]
    tables = (letters(train, 1), letters(holdout, 2), letters(made, 3))
    return measure("memorisation", replace(evidence_(*tables), detector=detect), 1)


def of_entities(findings: pd.DataFrame) -> pd.DataFrame:
    return findings[findings["check"] == "entities"]


def test_people_of_train_in_new_sentences_are_found_and_known_ones_are_none(people, evidence, shipped):
    """24 letters in new words, from 18 people of train and from somebody whom all know."""
    findings = found(evidence, people, 24, by_title)
    (finding,) = of_entities(findings).to_dict("records")
    assert finding["value"] == 18 / ROWS and finding["baseline"] == 0
    judgement = judge_findings(shipped.load("memorisation"), findings)
    assert judgement.verdict is Verdict.BLOCK
    assert any("entities found" in reason for reason in judgement.reasons)
    assert not any(name in str(findings.to_dict()) for name in people[:24])


def test_names_that_stand_on_both_sides_are_no_leak(people, evidence):
    """The synthetic letters are from 24 people of the holdout, and from nobody of train."""
    train, holdout, clean = people[:ROWS], people[ROWS : 2 * ROWS], people[2 * ROWS :]
    tables = (letters(train, 1), letters(holdout, 2), letters(holdout[:24] + clean[24:], 3))
    findings = of_entities(measure("memorisation", replace(evidence(*tables), detector=by_title), 1))
    assert findings["p_value"].tolist() == [1] and findings["baseline"].iloc[0] > 0


def test_without_a_detector_or_anything_to_find_nothing_is_said(people, evidence):
    assert not len(of_entities(found(evidence, people, 24, None)))
    assert not len(of_entities(found(evidence, people, 24, lambda texts: [frozenset()] * len(texts))))


@pytest.mark.deep
def test_presidio_finds_identifiers_that_no_pattern_of_ours_tells():
    detect = detector(Presidio(entities=("UK_NHS", "CRYPTO")))
    told, none = detect(["my NHS number is 943 476 5919", "nothing here"])
    assert {kind for kind, _ in told} == {"UK_NHS"} and not none


@pytest.mark.deep
@pytest.mark.parametrize(("given", "said"), [
    ({"model": "en_core_no_such"}, "'en_core_no_such' is not installed"),
    ({"language": "qq"}, "no language 'qq'"),
    ({"entities": ["CRYPTO", "NO_SUCH"]}, "Presidio knows no 'NO_SUCH'"),
    ({"entities": ["PERSON"]}, "Presidio knows no 'PERSON' in 'en' without a model"),
])  # fmt: skip
def test_what_presidio_cannot_do_is_told(given, said):
    with pytest.raises(SynthError, match=said):
        detector(Presidio.model_validate(given))


def test_a_missing_extra_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "presidio_analyzer", None)
    with pytest.raises(SynthError, match="Presidio is not installed") as caught:
        detector(Presidio())
    assert "synth_pipeline[presidio]" in caught.value.fix
