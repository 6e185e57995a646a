"""How often a judge blocks, passes or counts for nothing, by how good it is and how bad the rows are, on BANKING77.

    SYNTH_DATA=folder python benchmarks/judge.py
    SYNTH_DATA=folder python benchmarks/judge.py --seeds 200

``banking77_train.csv.gz`` is read from the folder SYNTH_DATA.  Half of it gives the real rows and the other half the
synthetic ones, of which a share is put into words of consonants.  The judge is the mock endpoint's, without the
endpoint: it knows words that can be spoken, and as often as ``right`` says it goes by that, else it draws.  People have
judged 100 rows, half of them bad, and are wrong about one in ten.  Rows that are judged: 200 and 200 real ones.
"""

import argparse
import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from synth_pipeline.adapters.gates import Suites
from synth_pipeline.adapters.gates.judge import judge_findings
from synth_pipeline.adapters.gates.suite import Suite
from synth_pipeline.checks.verdicts import NAME, verdict_findings
from synth_pipeline.core.finding import Family, as_frame
from synth_pipeline.core.judged import Judged, People, Scores
from synth_pipeline.core.seeds import Seed
from synth_pipeline.mock import plan_of
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.judging import scores
from synth_pipeline.spec.judging import Criterion

SUITES = Suites(Path(__file__).resolve().parent.parent / "expectations")
SENSE = Criterion(name="sense", question="Does it make sense?")
RUBRIC = {"properties": {"reason": {"type": "string"}, "sense": {"enum": [0, 1]}}}
ROWS, PEOPLE, WRONG = 200, 100, 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    texts = pd.read_csv(Path(os.environ["SYNTH_DATA"]) / "banking77_train.csv.gz")["text"].tolist()
    suite = _suite()
    print(f"{seeds} seeds each; share of verdicts\n{'judge':<18}{'bad rows':>9}  verdicts")
    start = time.perf_counter()
    for judge, right in (("sensible", 1.0), ("sensible", 0.8), ("sensible", 0.6), ("sensible", 0.3), ("random", 1.0),
                         ("lenient", 1.0)):  # fmt: skip
        for bad in (0.0, 0.1, 0.2, 0.3, 0.5):
            answers = plan_of({"answers": {"judge": judge, "agreement": right}}).answers
            told = Counter(_verdict(suite, texts, bad, answers, seed) for seed in range(seeds))
            shares = "  ".join(f"{name} {count / seeds:.2f}" for name, count in sorted(told.items()))
            print(f"{judge + f' {right:g}' * (judge == 'sensible'):<18}{bad:>9.0%}  {shares}", flush=True)
    print(f"{time.perf_counter() - start:.0f} s")


def _verdict(suite: Suite, texts: list[str], bad: float, answers: object, seed: int) -> str:
    stream = np.random.default_rng(seed)
    drawn = [texts[place] for place in stream.permutation(len(texts))[: 2 * ROWS + PEOPLE]]
    made, real, judged_before = np.split(np.array(drawn, object), [ROWS, 2 * ROWS])
    spoilt, half = stream.random(ROWS) < bad, np.arange(PEOPLE) % 2 == 0
    made, judged_before = _spoil(made, spoilt, stream), _spoil(judged_before, half, stream)
    people = np.where(stream.random(PEOPLE) < WRONG, half, ~half).astype(float)[:, None]
    said = [_scores(side, answers, seed) for side in (made, real, judged_before)]
    judged = Judged((SENSE,), said[0], ("",) * ROWS, said[1], People(people, said[2]))
    findings = as_frame(verdict_findings(judged, Family.FIDELITY, Seed(seed)))
    return judge_findings(suite, findings).verdict.value


def _spoil(texts: np.ndarray, which: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    noise = ["".join(stream.choice(list("bcdfghklmnprst"), 6)) for _ in range(10)]
    return np.where(which, [" ".join(stream.permutation(noise)) for _ in texts], texts)


def _scores(texts: np.ndarray, answers: object, seed: int) -> Scores:
    values = [scores(RUBRIC, text, answers, None, Draws(seed, text))["sense"] for text in texts]  # type: ignore[index]
    return Scores(np.array(values, float)[:, None, None], ("",) * len(texts))


def _suite() -> Suite:
    """The lines of the suite of fidelity that are about judges."""
    whole = SUITES.load("fidelity")
    lines = tuple(line for line in whole.lines if line["kwargs"]["check"] == NAME)
    return Suite(whole.gate, whole.path, whole.text, lines, whole.judges_all)


if __name__ == "__main__":
    main()
