"""Labels, dates, texts and the breadth of the rows are off by as much as a fault says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.personal import PATTERNS
from synth_pipeline.core.split.train import Train
from synth_pipeline.generators import Forest
from synth_pipeline.redteam import NotApplicable, collapse, dates, labels, outliers, text


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_so_many_labels_have_changed_and_each_class_is_as_common_as_before(clinic, share):
    scene = clinic(1)
    made, clean = labels.swapped(scene, share)["ill"], scene.clean.frame["ill"]
    changed = (made.fillna(False) != clean.fillna(False)) | (made.isna() != clean.isna())
    assert changed.sum() == 400 * share
    assert made.value_counts(dropna=False).equals(clean.value_counts(dropna=False))


def test_a_rare_class_is_thinned_out(clinic):
    scene = clinic(1)
    made, clean = labels.imbalanced(scene, 0.5)["ill"], scene.clean.frame["ill"]
    assert made.sum() == pytest.approx(clean.sum() / 2, abs=1)


def test_bias_grows_in_one_group_while_the_rate_is_kept(clinic):
    scene = clinic(1)
    made, clean = labels.bias_amplified(scene, 0.5), scene.clean.frame
    inside = clean["group"] == "b"
    assert made.loc[inside, "ill"].sum() == pytest.approx(clean.loc[inside, "ill"].sum() / 2, abs=1)
    assert made["ill"].sum() == clean["ill"].sum()
    pd.testing.assert_frame_equal(made.drop(columns="ill"), clean.drop(columns="ill"))


def test_a_target_of_two_numbers_has_classes_and_one_of_many_has_none(clinic):
    scene = clinic(1)
    tables = [replace(one, frame=one.frame.assign(visits=(one.frame["visits"] > 1).astype("int64")))
              for one in (scene.train, scene.holdout, scene.clean)]  # fmt: skip
    two = replace(scene, train=tables[0], holdout=tables[1], clean=tables[2], target="visits")
    assert (labels.swapped(two, 0.1)["visits"] != two.clean.frame["visits"]).sum() == 40
    for target, reason in (("visits", "no classes"), (None, "no target"), ("person", "no target")):
        with pytest.raises(NotApplicable, match=reason):
            labels.swapped(replace(scene, target=target), 0.1)


def test_so_many_dates_lie_beyond_the_last_one(clinic):
    scene = clinic(1)
    made = dates.out_of_range(scene, 0.05)["in"]
    assert (made > scene.train.frame["in"].max()).sum() == 20
    assert (made != scene.clean.frame["in"]).sum() == 20


def test_so_many_records_end_before_they_start(clinic):
    scene = clinic(1)
    made, clean = dates.end_before_start(scene, 0.05), scene.clean.frame
    assert not (clean["out"] < clean["in"]).any()
    assert (made["out"] < made["in"]).sum() == 20
    pd.testing.assert_frame_equal(made.drop(columns=["in", "out"]), clean.drop(columns=["in", "out"]))


def test_time_no_longer_goes_with_anything(clinic):
    scene = clinic(1)
    made, clean = dates.order_broken(scene, 1), scene.clean.frame
    changed = [name for name in made if not made[name].equals(clean[name])]
    assert changed in (["in"], ["out"])
    assert sorted(made[changed[0]].dropna()) == sorted(clean[changed[0]].dropna())
    assert clean["in"].corr(clean["out"], "spearman") > 0.8
    assert abs(made["in"].corr(made["out"], "spearman")) < 0.2


def test_rows_collapse_into_a_few(clinic):
    scene = clinic(1)
    made = collapse.modes_lost(scene, 0.3)["note"]
    assert (made != scene.clean.frame["note"]).sum() == pytest.approx(120, abs=3)
    assert made.value_counts().head(4).sum() == pytest.approx(120, abs=8)


def test_the_rarest_kinds_of_rows_are_gone(clinic):
    scene = clinic(1)
    made = replace(scene.clean, frame=collapse.rare_kinds_dropped(scene, 0.1))
    before, after = (outliers.oddness(scene, table) for table in (scene.clean, made))
    assert after.max() <= np.sort(before)[-41]
    assert made.frame["note"].nunique() == 360


def test_so_many_rows_repeat_others(clinic):
    scene = clinic(1)
    made = collapse.duplicated(scene, 0.3)
    assert made.duplicated(scene.clean.schema.modelled).sum() == 120
    assert made["person"].is_unique


def test_each_generation_is_fitted_on_the_last_one(scenes):
    scene = scenes["fair"](1)
    seeds = [scene.seed.child("recursive", number) for number in range(2)]
    table = scene.train
    for seed in seeds:
        table = Forest().fit(Train(table), seed.child("fit")).sample(len(scene.clean), seed.child("sample"))
    pd.testing.assert_frame_equal(collapse.recursive(scene, 2), table.frame)
    assert not collapse.recursive(scene, 1).equals(table.frame)


@pytest.mark.parametrize("make", text.MADE_UP)
def test_made_up_data_are_recognised_by_form_and_check_digit(make):
    stream = np.random.default_rng(1)
    kinds = {kind for kind, (pattern, holds) in PATTERNS.items()
             if all(any(map(holds, pattern.findall(f"call {make(stream)}"))) for _ in range(50))}  # fmt: skip
    assert kinds == {
        "_address": {"e-mail address"}, "_telephone": {"telephone number"}, "_account": {"bank account"},
        "_card": {"payment card"},
    }[make.__name__]  # fmt: skip


def test_so_many_texts_say_made_up_data(clinic):
    scene = clinic(1)
    made, clean = text.made_up_personal_data(scene, 0.05)["note"], scene.clean.frame["note"]
    assert (made != clean).sum() == 20
    assert all(new.startswith(old) for new, old in zip(made, clean, strict=True))


def test_real_personal_data_come_from_train(clinic):
    scene = clinic(1)
    made = text.real_personal_data(scene, 0.05)["note"]
    quoted = made[made != scene.clean.frame["note"]]
    assert len(quoted) == 20
    assert quoted.isin(scene.train.frame["note"]).all()
    assert quoted.str.contains("@").all()
