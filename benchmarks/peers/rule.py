"""When a peer sees a fault: one rule for all peers, for faults and for clean tables alike.

A score tells a table apart when it is worse than that of every clean control by more than the controls differ among
themselves; a clean table is held against all the others.  Where the peer documents what a score must reach, and all
controls reach it, that decides instead: a threshold that clean tables miss would call everything a fault.  A fault is
seen when one and the same score tells it apart in at least four of five seeds.  That is kind to a peer, as its user has
no clean controls, and any of its scores will do; the row of clean tables counts those that some score tells apart.
With few seeds and controls a lucky score counts as sight, and that row says how often.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

ENOUGH = 0.8  # of the seeds
MARGIN = 1.0  # ranges of the controls by which a score is worse than the worst of them
Score = dict[str, Any]  # value, which way is worse, and perhaps what it must reach


@dataclass(frozen=True, slots=True)
class Sighting:
    """The score of a peer that tells a fault apart best: in how many seeds, and how the controls stand to it."""

    score: str
    value: float
    bound: str
    told: int
    seeds: int
    by_any: int  # seeds in which some score tells the table apart

    @property
    def seen(self) -> bool:
        return self.told >= ceil(ENOUGH * self.seeds)


def sighted(tables: Sequence[dict[str, Score]], controls: Sequence[dict[str, Score]]) -> Sighting:
    """The best that a peer's scores do for a fault, given the scores of each of its seeds and of each control."""
    told = {name: [_apart(one[name], _others(name, one, controls)) for one in tables] for name in controls[0]}
    best = max(told, key=lambda name: (sum(map(bool, told[name])), median(told[name])))
    by_any = sum(any(seed) for seed in zip(*told.values(), strict=True))
    value = median([one[best]["value"] for one in tables if one[best]["value"] is not None] or [float("nan")])
    bound = _bound(tables[0][best], _values(best, controls), value)
    return Sighting(best, value, bound, sum(map(bool, told[best])), len(tables), by_any)


def missed(controls: Sequence[dict[str, Score]]) -> dict[str, int]:
    """How many clean tables miss what a score must reach by the peer's own documentation."""
    documented = [name for name, score in controls[0].items() if "must" in score]
    return {name: sum(value < controls[0][name]["must"] for value in _values(name, controls)) for name in documented}


def _others(name: str, table: dict[str, Score], controls: Sequence[dict[str, Score]]) -> list[float]:
    return _values(name, [one for one in controls if one is not table])


def _values(name: str, tables: Sequence[dict[str, Score]]) -> list[float]:
    """What was measured of a score."""
    return [one[name]["value"] for one in tables if one[name]["value"] is not None]


def _apart(score: Score, controls: Sequence[float]) -> float:
    """How far a score lies beyond all controls, in ranges of those; 0 within the margin, or where not measured."""
    value = score["value"]
    if value is None or not controls:
        return 0.0
    if _decides(score, controls):
        return max(0.0, score["must"] - value)
    low, high = min(controls), max(controls)
    beyond = {"low": low - value, "high": value - high, "either": max(low - value, value - high)}[score["worse"]]
    ranges = beyond / (high - low + 1e-9)
    return ranges if ranges > MARGIN else 0.0


def _decides(score: Score, controls: Sequence[float]) -> bool:
    return "must" in score and min(controls) >= score["must"]


def _bound(score: Score, controls: Sequence[float], value: float) -> str:
    """What the controls say of a score, in words."""
    if not controls:
        return "not measured"
    if _decides(score, controls):
        return f"must be {score['must']:g}"
    above = score["worse"] == "high" or (score["worse"] == "either" and value > max(controls))
    return f"clean ≤ {max(controls):.4g}" if above else f"clean ≥ {min(controls):.4g}"
