"""What is said of the whole, in simulations whose truth is known."""

import numpy as np
import pytest

from synth_pipeline.preview import probes
from synth_pipeline.projection import Depth, Projection, items_per_row, mean_cost


def asked(stream: np.random.Generator, wanted: int, texts: int) -> int:
    """Draws from so many texts until so many differ."""
    seen: set[int] = set()
    count = 0
    while len(seen) < wanted:
        seen.add(int(stream.integers(texts)))
        count += 1
    return count


@pytest.mark.parametrize(("depth", "off"), [(20, 0.01), (10, 0.03)])
def test_repeats_are_projected_without_bias_and_the_interval_holds(depth, off):
    """70 labels of 20 rows and 65 texts each, of which eight are asked; 150 trials, at full and at half depth."""
    stream = np.random.default_rng(1)
    found, held = [], 0
    for _ in range(150):
        truth = sum(asked(stream, 20, 65) for _ in range(70)) / 1_400
        depths = [Depth(20, depth, asked(stream, depth, 65)) for _ in range(8)]
        one = items_per_row(depths, 3.0)
        found.append(one.expected / truth - 1)
        held += one.low <= truth <= one.high
    assert abs(np.mean(found)) < off + 4 * np.std(found) / np.sqrt(150)
    assert held >= 138


def test_the_share_of_a_large_label_tells_of_the_rest():
    stream = np.random.default_rng(2)
    truth = asked(stream, 2_000, 4_000) / 2_000
    found = [items_per_row([Depth(2_000, 600, asked(stream, 600, 4_000))], 3.0).expected / truth - 1 for _ in range(40)]
    assert abs(np.mean(found)) < 0.06


def test_labels_that_are_exhausted_take_all_patience():
    found = items_per_row([Depth(100, 20, 90)], 3.0)
    assert found.expected == found.high == 3.0


def test_no_repeat_is_no_proof():
    few, many = (items_per_row([Depth(20, 20, 20)] * count, 3.0) for count in (1, 10))
    assert few.expected == many.expected == few.low == 1
    assert few.high > 1.15 > many.high


def test_the_length_of_prompts_that_are_to_come_corrects_the_mean():
    stream = np.random.default_rng(3)
    held, off = 0, []
    for _ in range(500):
        lengths = stream.integers(100, 300, 25)
        costs = 50 + lengths / 4 + stream.normal(0, 3, 25)
        found = mean_cost(costs.tolist(), lengths.tolist(), 250)
        held += found.low <= 50 + 250 / 4 <= found.high
        off.append(found.expected / (50 + 250 / 4) - 1)
    assert abs(np.mean(off)) < 0.003
    assert held / 500 > 0.8  # the slope is taken as known
    plain = mean_cost([1.0, 3.0], [1, 2], None)
    assert plain.expected == 2 and plain.low < 1


def test_the_interval_of_a_mean_holds_the_truth_as_often_as_it_says():
    """20 costs at a time, of a skewed law of mean 1, in 1,000 trials; five standard errors."""
    stream = np.random.default_rng(1)
    held = 0
    for _ in range(1_000):
        found = mean_cost(stream.gamma(8, 1 / 8, 20).tolist(), [1] * 20, None)
        held += found.low <= 1 <= found.high
    assert 0.91 < held / 1_000 < 0.985


def test_a_product_is_as_uncertain_as_its_parts():
    found = Projection(10, 9, 11) * Projection(2, 1.6, 2.8)
    assert found.expected == 20
    assert found.low == pytest.approx(20 * (1 - np.hypot(0.1, 0.2)))
    assert found.high == pytest.approx(20 * (1 + np.hypot(0.1, 0.4)))


def test_large_labels_are_asked_further_and_never_for_more_than_a_quarter():
    assert probes([20] * 75) == probes([100] * 15) == 100  # as exact for small labels, whatever their number
    assert probes([10_000]) == 1_000 and probes([100_000]) == 3_163
    assert probes([300]) == 75 and probes([4, 0]) == 1 and probes([]) == 0
