"""The page of measured error rates, from the lines that calibrate.py wrote."""

from collections.abc import Iterator

import pandas as pd

from synth_pipeline.checks.membership import clopper_pearson

HEAD = """# Measured error rates

Written by `make calibrate` from the lines of its audits; commit {commit}. Every audit is a random split of a real table
into train, holdout and rows that play the synthetic table; faults are planted in the latter. Intervals are
Clopper-Pearson's at 95 %. A fault counts as seen when a gate that ought to see it blocks it, refuses it, or, where that
is all that is promised, warns.
"""


def render(lines: pd.DataFrame, commit: str) -> str:
    """Clean controls first, then faults."""
    if "skipped" in lines:
        lines = lines[lines["skipped"].isna()]
    lines = lines.assign(sizes=[" + ".join(f"{size:,}" for size in sizes) for sizes in lines["sizes"]])
    clean, faulty = lines[lines["fault"] == "clean"], lines[lines["fault"] != "clean"]
    return "\n".join([HEAD.format(commit=commit), *_clean(clean), "", *_faults(faulty), ""])


def _clean(lines: pd.DataFrame) -> Iterator[str]:
    blocks = _any(lines, "block")
    yield f"## Clean tables\n\n{_share(int(blocks.sum()), len(lines))} of {len(lines)} clean audits were blocked.\n"
    yield "| table | train + holdout + synthetic | audits | blocked | unmeasured |\n|---|---|---|---|---|"
    for (table, sizes), group in lines.groupby(["table", "sizes"], sort=False):
        unmeasured = int((_any(group, "unmeasured") & ~_any(group, "block")).sum())
        yield f"| {table} | {sizes} | {len(group)} | {int(_any(group, 'block').sum())} | {unmeasured} |"


def _faults(lines: pd.DataFrame) -> Iterator[str]:
    yield "## Planted faults\n"
    yield "| fault | table | train + holdout + synthetic | promised | seen | of | power, with interval |"
    yield "|---|---|---|---|---|---|---|"
    for (fault, table, sizes, expected), group in lines.groupby(["fault", "table", "sizes", "expected"], sort=False):
        hits = int(group["seen"].sum())
        yield f"| {fault} | {table} | {sizes} | {expected} | {hits} | {len(group)} | {_share(hits, len(group))} |"


def _any(lines: pd.DataFrame, verdict: str) -> pd.Series:
    return lines["gates"].map(lambda gates: verdict in gates.values())


def _share(hits: int, trials: int) -> str:
    low, high = clopper_pearson(hits, trials, 0.95)
    return f"{hits / max(1, trials):.1%} ({low:.1%} to {high:.1%})"
