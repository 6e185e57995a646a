"""How many planted leaks of text the audit finds, at how many false ones, and how fast.

    python benchmarks/text_leaks.py [--seeds N] [--overlap SHARE ...]

Passages of 30 to 300 words from docstrings of installed libraries, and BANKING77, questions of 12 words on average,
where SYNTH_DATA names the folder that holds it.  Of texts whose runs of three words overlap by more than a share
(Jaccard) one is kept, as before the split of a corpus.  Half of them is train, a quarter holdout, a quarter plays clean
synthetic texts.  The threshold is that of the check: learned from train and holdout alone.  ``found``: share of leaked
texts of train whose best score is above it, ``false``: share of clean texts.  ``p``: of the check's two tests, the
median over seeds, where 2 % of the clean texts are replaced by leaks.  Tokens per second (of the
processor, on one thread) are those of all texts that one check reads, from strings to findings.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from passages import distinct, passages, replaced, shortened

from synth_pipeline.checks import Evidence
from synth_pipeline.checks.paraphrases import Paraphrases, natural, sources_of
from synth_pipeline.checks.texts import words_of
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.spec.columns import Column, Kind, Schema

SCHEMA = Schema(columns=(Column(name="text", kind=Kind.TEXT),))
SHARE = 0.02  # of leaks among synthetic texts, for the tests


@dataclass(frozen=True)
class Split:
    """Train, holdout and clean texts, and edits that a leak may have gone through."""

    train: list[str]
    holdout: list[str]
    clean: list[str]
    stream: np.random.Generator

    @cached_property
    def words(self) -> list[str]:
        return " ".join(self.train + self.holdout).split()

    @property
    def edits(self) -> dict[str, Callable[[str], str]]:
        return {
            "verbatim": str,
            "5 % replaced": lambda text: replaced(text, 0.05, self.words, self.stream),
            "15 % replaced": lambda text: replaced(text, 0.15, self.words, self.stream),
            "30 % replaced": lambda text: replaced(text, 0.30, self.words, self.stream),
            "10 % deleted": lambda text: shortened(text, 0.10, self.stream),
        }

    def leaks(self, edit: Callable[[str], str], count: int) -> list[str]:
        """Train texts drawn at random, each edited."""
        return [edit(self.train[place]) for place in self.stream.permutation(len(self.train))[:count]]

    def evidence(self, synthetic: list[str]) -> Evidence:
        train, holdout, made = (Table.conform(pd.DataFrame({"text": side}), SCHEMA)
                                for side in (self.train, self.holdout, synthetic))  # fmt: skip
        return Evidence(Train(train), Holdout(holdout), made, seed=Seed(0, ("text leaks",)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the search for planted leaks of text.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--overlap", type=float, nargs="*", default=[0.2, 0.5, 0.8])
    arguments = parser.parse_args()
    for name, texts in corpora().items():
        for most in arguments.overlap:
            kept = distinct(texts, most)
            with pinned():
                rows = pd.DataFrame(row for seed in range(arguments.seeds) for row in measured(split(kept, seed)))
            mean = len(words_of(pd.Series(kept)).codes) / len(kept)
            print(f"\n{name}, overlap at most {most:g}: {len(kept):,} texts of {mean:.0f} tokens on average")
            print(summary(rows).to_string(float_format="{:.4g}".format))


def corpora() -> dict[str, list[str]]:
    found = {"passages": passages()}
    path = Path(os.environ.get("SYNTH_DATA", "")) / "banking77_train.csv.gz"
    if os.environ.get("SYNTH_DATA") and path.exists():
        found["banking77"] = pd.read_csv(path)["text"].tolist()
    return found


def split(texts: list[str], seed: int) -> Split:
    stream = np.random.default_rng(seed)
    order = [texts[place] for place in stream.permutation(len(texts))]
    half, part = len(order) // 2, len(order) // 4
    return Split(order[:half], order[half : half + part], order[half + part : half + 2 * part], stream)


def measured(parts: Split) -> Iterator[dict[str, float | str]]:
    """One row for clean texts and each kind of leak."""
    count = len(parts.clean)
    started = time.process_time()
    evidence = parts.evidence(parts.clean)
    findings = {finding.metric: finding for finding in Paraphrases().measure(evidence)}
    seconds = time.process_time() - started
    threshold = natural(evidence, "text")
    read = sum(len(words_of(table.frame["text"]).codes) for table in evidence.tables)

    def above(texts: list[str]) -> float:
        found = sources_of(evidence, "text").matches(words_of(pd.Series(texts)))
        return float((found.best(found.text, len(texts)) > threshold).mean())

    yield {"leak": "none", "above": above(parts.clean), "tokens/s": read / seconds} | p_values(findings)
    for name, edit in parts.edits.items():
        few = parts.leaks(edit, round(SHARE * count))
        leaking = evidence.of(parts.evidence(few + parts.clean[len(few) :]).synthetic)
        found = {finding.metric: finding for finding in Paraphrases().measure(leaking)}
        yield {"leak": name, "above": above(parts.leaks(edit, count))} | p_values(found)


def p_values(findings: dict) -> dict[str, float]:
    return {f"p {metric}": findings[metric].p_value for metric in ("leaked", "members among the closest")}


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    by_leak = rows.groupby("leak", sort=False)
    out = by_leak[["above", "tokens/s"]].mean().rename(columns={"above": "found (false where none)"})
    return out.assign(least=by_leak["above"].min(), most=by_leak["above"].max()).join(
        by_leak[[name for name in rows if name.startswith("p ")]].median()
    )


if __name__ == "__main__":
    main()
