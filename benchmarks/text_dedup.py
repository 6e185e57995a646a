"""How fast, how complete and how large deduplication and decontamination of short texts are.

    python benchmarks/text_dedup.py [--texts N]

Texts are of 10 to 50 words (30 on average) of a vocabulary of 50,000 whose frequencies fall as in a language; a tenth
are near copies of earlier ones.  Each size runs in a process of its own on one core, which reports its peak memory.
Where SYNTH_DATA names a folder with banking77_train.csv.gz and banking77_test.csv.gz, decontamination is measured on
them too.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.threads import pinned
from synth_pipeline.dedup.decontamination import contaminated
from synth_pipeline.dedup.near import Bands, buckets, near_duplicates
from synth_pipeline.dedup.semantic import semantic_duplicates
from synth_pipeline.text.shingles import ShingleSets, jaccard, shingle_sets

SIZES = (100_000, 1_000_000)
THRESHOLD = 0.8
VOCABULARY = np.array([f"word{number:x}" for number in range(50_000)], object)
TEMPLATE = "dear customer number {} we have sent the {} to your new address in {} and hope that it comes in time"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=SIZES[-1])
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "TEXTS"))
    given = parser.parse_args()
    if given.child:
        CHILDREN[given.child[0]](int(given.child[1]))
        return
    print(f"near duplicates at Jaccard {THRESHOLD}, runs of 1 and 2 words, shingling included; one core")
    for size in [size for size in SIZES if size <= given.texts]:
        _in_a_process("mixed", size)
    _in_a_process("template", min(100_000, given.texts))
    _in_a_process("semantic", min(20_000, given.texts))
    _recall()
    _decontamination("made-up items of 10 to 50 words", _texts(3_000, 11), _texts(20_000, 12))
    if folder := os.environ.get("SYNTH_DATA"):
        parts = [pd.read_csv(Path(folder) / f"banking77_{part}.csv.gz") for part in ("test", "train")]
        _decontamination("BANKING77: its test set as items", *(part["text"].tolist() for part in parts))


def _in_a_process(what: str, size: int) -> None:
    """One core, also for sketches."""
    alone = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, __file__, "--child", what, str(size)], check=True, env=os.environ | alone)


def _texts(count: int, seed: int) -> list[str]:
    """Random sentences by Zipf's law."""
    stream = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(VOCABULARY) + 1)
    words = stream.choice(len(VOCABULARY), count * 30, p=weights / weights.sum())
    ends = np.cumsum(stream.integers(10, 51, count))
    words = np.resize(words, ends[-1])
    return [" ".join(VOCABULARY[part]) for part in np.split(words, ends[:-1])]


def _edited(text: str, stream: np.random.Generator, share: float) -> str:
    """So large a share of the words, but at least one, replaced by others."""
    words = text.split()
    places = stream.choice(len(words), max(1, round(share * len(words))), replace=False)
    for place, other in zip(places, VOCABULARY[stream.integers(0, len(VOCABULARY), len(places))], strict=True):
        words[place] = other
    return " ".join(words)


def _with_copies(size: int) -> list[str]:
    stream = np.random.default_rng(1)
    texts = _texts(size - size // 10, 2)
    texts += [_edited(texts[place], stream, 0.03) for place in stream.integers(0, len(texts), size // 10)]
    return [texts[place] for place in stream.permutation(size)]


def _templated(size: int) -> list[str]:
    """All of one template: the worst case for buckets."""
    stream = np.random.default_rng(3)
    slots = VOCABULARY[stream.integers(0, len(VOCABULARY), (size, 3))]
    return [TEMPLATE.format(*words) for words in slots]


def _near(name: str, texts: list[str]) -> None:
    held = _peak()
    start = time.process_time()
    sets = shingle_sets(texts, 2)
    shingled = time.process_time() - start
    stands = near_duplicates(sets, THRESHOLD)
    seconds = time.process_time() - start
    dropped = np.flatnonzero(stands != np.arange(len(stands)))
    similar = jaccard(sets, dropped, stands[dropped])
    print(
        f"{name:>9} {len(texts):>10,}: {len(texts) / seconds:>8,.0f} texts/s, {shingled / seconds:.0%} shingling, "
        f"{len(dropped):,} dropped, {int((similar < THRESHOLD).sum())} of them wrongly, "
        f"peak {_peak():.2f} GiB, {held:.2f} of it before",
        flush=True,
    )


def _semantic(size: int) -> None:
    texts = _with_copies(size)
    start = time.process_time()
    with pinned():
        stands, _ = semantic_duplicates(texts, 0.95, Seed(0))
    seconds = time.process_time() - start
    dropped = int((stands != np.arange(size)).sum())
    print(
        f" semantic {size:>10,}: {size / seconds:>8,.0f} texts/s, {dropped:,} dropped, peak {_peak():.2f} GiB",
        flush=True,
    )


CHILDREN = {
    "mixed": lambda size: _near("mixed", _with_copies(size)),
    "template": lambda size: _near("template", _templated(size)),
    "semantic": _semantic,
}


def _recall() -> None:
    """Pairs by how alike they are: share that meets in a bucket, and that is told in the end."""
    stream = np.random.default_rng(5)
    first = _texts(40_000, 6)
    second = [
        _edited(text, stream, share) for text, share in zip(first, stream.uniform(0.02, 0.12, 40_000), strict=True)
    ]
    sets: ShingleSets = shingle_sets(first + second, 2)
    one, other = np.arange(40_000), np.arange(40_000, 80_000)
    similarity = jaccard(sets, one, other)
    keys = buckets(sets, Bands.of(THRESHOLD))
    met = (keys[one] == keys[other]).any(axis=1)
    stands = near_duplicates(sets, THRESHOLD)
    print(f"recall at {THRESHOLD} by {Bands.of(THRESHOLD)}")
    for low, high in ((0.7, 0.75), (0.75, 0.8), (0.8, 0.82), (0.82, 0.85), (0.85, 0.9), (0.9, 1.01)):
        inside = (similarity >= low) & (similarity < high)
        told = (stands[other] == stands[one])[inside].mean()
        print(f"  Jaccard {low:.2f} to {min(high, 1):.2f}: {inside.sum():>6,} pairs, "
              f"in a bucket {met[inside].mean():.4f}, told {told:.4f}")  # fmt: skip


def _decontamination(name: str, items: list[str], others: list[str]) -> None:
    """Share found of planted items, and share of other texts that is taken for one."""
    stream = np.random.default_rng(7)
    around = [text.split() for text in _texts(len(items), 8)]
    edited = [_edited(item, stream, 0.05) for item in items]
    planted = {
        "as they are": items,
        "inside other text": [" ".join([*text[:5], item, *text[5:]]) for text, item in zip(around, items, strict=True)],
        "5 % of words replaced": edited,
        "5 % replaced, inside": [
            " ".join([*text[:5], item, *text[5:]]) for text, item in zip(around, edited, strict=True)
        ],
        "other texts": others,
    }
    sizes = np.array([len(item.split()) for item in items])
    print(f"decontamination: {name}")
    for told, texts in planted.items():
        start = time.process_time()
        found = contaminated(texts, items)["document"].to_numpy()
        rate = len(texts) / (time.process_time() - start)
        hit = np.isin(np.arange(len(texts)), found)
        by = "" if told == "other texts" else f", of items of 10 words or more {hit[sizes >= 10].mean():.4f}"
        print(f"  {told}: {hit.mean():.4f}{by} ({rate:,.0f} texts/s)", flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
