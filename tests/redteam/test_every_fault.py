"""What holds for every planted fault."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.redteam import FAULTS, NotApplicable, Scene
from synth_pipeline.spec.columns import Column, Kind, Schema

SCENES = ("clinic", "every kind", "fair")
GATES = {"input", "memorisation", "fidelity", "utility", "diversity", "sealed"}
NOT_RANDOM = {"synthetic is train", "constant column"}  # nothing in them is left to chance
OF_TEXTS = {fault.name for fault in FAULTS if fault.family == "documents"}
NOT_PLANTED = {
    "clinic": {"topics of texts lost 15 %"},
    "every kind": OF_TEXTS | {
        "personal data of train in text 1 %", "rare category dropped", "nulls independent", "labels swapped 5 %",
        "rarest label thinned to a half", "bias amplified in one group", "time order broken",
        "training texts reworded 3 %",
    },
    "fair": OF_TEXTS | {
        "copies under new ids 1 %", "keys reused 1 %", "personal data of train in text 1 %", "nulls independent",
        "upper 1 % dropped", "dates out of range 1 %", "end before start 2 %", "time order broken",
        "training texts reworded 3 %",
    },
}  # fmt: skip

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
every_scene = pytest.mark.parametrize("scene", SCENES)


def test_each_has_a_name_of_its_own_and_says_who_ought_to_see_it():
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    for fault in FAULTS:
        assert fault.gates
        assert fault.gates <= GATES
        assert fault.strength > 0
        assert fault.unit
        assert fault.plant.__doc__
        assert (fault.expected == "refuse") == (fault.gates == {"input"})


@every_scene
def test_what_cannot_be_planted_says_so(planted, scene):
    reasons = {fault.name: made for fault in FAULTS if isinstance(made := planted(scene, fault), NotApplicable)}
    assert set(reasons) == NOT_PLANTED[scene]
    assert all(map(str, reasons.values()))


@every_scene
@every_fault
def test_the_same_seed_gives_the_same_table_and_another_seed_another(planted, scenes, scene, fault):
    if isinstance(first := planted(scene, fault), NotApplicable):
        return
    pd.testing.assert_frame_equal(fault.planted(scenes[scene](0)), first)
    assert planted(scene, fault, 1).equals(first) == (fault.name in NOT_RANDOM | unchanging(scene))


def unchanging(scene: str) -> set[str]:
    """A number without grid moves as it is, and nothing is left to chance."""
    return {fault.name for fault in FAULTS if "shifted" in fault.name} if scene == "every kind" else set()


@every_scene
@every_fault
def test_a_faulty_table_has_the_columns_and_rows_of_a_clean_one_and_other_values(planted, scenes, scene, fault):
    if isinstance(made := planted(scene, fault), NotApplicable):
        return
    clean = scenes[scene](0).clean
    assert list(made) == clean.schema.names
    assert len(made) == len(clean)
    assert made.index.equals(pd.RangeIndex(len(made)))
    if fault.expected == "refuse":
        with pytest.raises(SynthError, match="does not hold"):
            Table.conform(made, clean.schema)
        return
    table = Table.conform(made, clean.schema)
    pd.testing.assert_frame_equal(table.frame, made, check_dtype=False)
    assert not table.frame.equals(clean.frame)
    for column in clean.schema.columns:
        if column.grid and column.grid >= 0.001:
            steps = table.numbers(column.name) / column.grid
            assert np.nanmax(np.abs(steps - np.round(steps)), initial=0) < 1e-6


@pytest.mark.parametrize("scene", ["clinic", "every kind"])
def test_nothing_that_a_fault_is_given_is_changed(scenes, scene):
    given = scenes[scene](0)
    tables = (given.train, given.holdout, given.clean)
    before = [table.frame.copy(deep=True) for table in tables]
    for fault in FAULTS:
        try:
            fault.planted(given)
        except NotApplicable:
            continue
    for table, frame in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table.frame, frame)


def test_a_table_of_numbers_has_no_labels_dates_or_words():
    assert applicable(Kind.DECIMAL) == {"copies", "outliers", "partial_copies", "distributions", "structure",
                                        "associations", "collapse"}  # fmt: skip


def test_a_table_of_words_has_no_numbers_to_shift():
    names = {fault.name for fault in FAULTS if planted_in(Kind.CATEGORY, fault)}
    assert "pure noise" in names
    assert not {name for name in names if "shifted" in name or "rounded" in name or "tail" in name}
    assert not names & {"constant column", "wrong type", "upper 1 % dropped", "dates out of range 1 %"}


def applicable(kind: Kind) -> set[str]:
    """Families of which something can be planted in a table of four such columns."""
    return {fault.family for fault in FAULTS if planted_in(kind, fault)}


def planted_in(kind: Kind, fault) -> bool:
    stream = np.random.default_rng(1)
    schema = Schema(columns=tuple(Column(name=name, kind=kind) for name in "abcd"))
    values = stream.normal(size=(3, 120, 4)) if kind is Kind.DECIMAL else stream.choice(["x", "y"], (3, 120, 4))
    parts = [Table.conform(pd.DataFrame(side, columns=list("abcd")), schema) for side in values]
    try:
        fault.planted(Scene(*parts, seed=Seed(0)))
    except NotApplicable:
        return False
    return True
