"""The page of measured error rates, from the lines that calibrate.py wrote."""

from collections.abc import Iterator

import pandas as pd

from synth_pipeline.checks.membership import clopper_pearson

HEAD = """# Measured error rates

Written by `make calibrate` from the lines of its audits, which ran at the commits
{commits}; the last column of each table says at which.
Every audit is a random split of a real table into train, holdout and rows that play the synthetic table; faults are
planted in the latter. The census is UCI Adult with its 15 columns; `census_extended` has an identifier, two dates in
order and two columns with gaps besides. Shoppers are UCI Online Shoppers with 18 columns, and `shoppers_15` the first
fifteen of them; fair is the survey that comes with statsmodels, and so is RAND HIE; digits come with scikit-learn.
`docstrings` are what the installed scientific libraries say of their functions and classes, `banking77` questions to
a bank; of both one text of each cluster of near duplicates is kept, as in every corpus before the split.
Intervals are Clopper and Pearson's at 95 %. Splits of one table overlap, the more the larger they are.
"""
SEEN = """## Planted faults

A fault is seen when one of the gates that ought to see it blocks it or refuses it; where no more than a warning is
promised, a warning counts, and has to be compared with clean tables, of which {warned} are warned of something.
Power is promised at equal sizes and up to 2:1; at 90:10 it is merely reported.
"""
ENOUGH = 10  # splits from which a fault that was seen every time is counted
HARSH = ("block", "unmeasured", "warn")
HEADS = ["fault", "table", "train + holdout + synthetic", "promised", "seen", "of", "power, with interval", "at"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def render(lines: pd.DataFrame) -> str:
    """Clean controls first, then faults."""
    if "skipped" in lines:
        lines = lines[lines["skipped"].isna()]
    lines = lines.assign(sizes=[" + ".join(f"{size:,}" for size in sizes) for sizes in lines["sizes"]])
    letters = dict(zip(lines["commit"].unique(), LETTERS, strict=False))
    lines = lines.assign(commit=lines["commit"].map(letters))
    clean, faulty = lines[lines["fault"] == "clean"], lines[lines["fault"] != "clean"]
    commits = ", ".join(f"{letter} (`{commit}`)" for commit, letter in letters.items())
    parts = [HEAD.format(commits=commits), *_clean(clean), "",
             SEEN.format(warned=_share(int(_only(clean, "warn").sum()), len(clean))), *_faults(faulty), ""]  # fmt: skip
    return "\n".join(parts)


def _clean(lines: pd.DataFrame) -> Iterator[str]:
    blocks = _any(lines, "block")
    yield (
        f"## Clean tables\n\n{int(blocks.sum())} of {len(lines)} clean audits were blocked by any gate: "
        f"{_share(int(blocks.sum()), len(lines))}.\n"
    )
    yield "| table | train + holdout + synthetic | audits | blocked | unmeasured | only warned | at |"
    yield "|---|---|---|---|---|---|---|"
    for (table, sizes), group in lines.groupby(["table", "sizes"], sort=False):
        counts = [int(mask.sum()) for mask in (_any(group, "block"), _only(group, "unmeasured"), _only(group, "warn"))]
        yield f"| {table} | {sizes} | {len(group)} | {' | '.join(map(str, counts))} | {_commits(group['commit'])} |"


def _faults(lines: pd.DataFrame) -> Iterator[str]:
    keys = ["fault", "table", "sizes", "expected"]
    found = (
        lines.groupby(keys, sort=False)
        .agg(hits=("seen", "sum"), of=("seen", "size"), at=("commit", _commits))
        .reset_index()
    )
    always = found[(found["hits"] == found["of"]) & (found["of"] >= ENOUGH)]
    counts = always["fault"].nunique(), found["fault"].nunique()
    yield (
        f"{counts[0]} of {counts[1]} faults were seen every time at one of these sizes, in {always['of'].min()} splits "
        f"or more; 59 would put the lower end of the interval at 94 %.\n"
    )
    yield f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}"
    for row in found.itertuples():
        hits, of = int(row.hits), int(row.of)
        yield (f"| {row.fault} | {row.table} | {row.sizes} | {row.expected} "
               f"| {hits} | {of} | {_share(hits, of)} | {row.at} |")  # fmt: skip


def _commits(letters: pd.Series) -> str:
    return "".join(sorted(set(letters)))


def _any(lines: pd.DataFrame, verdict: str) -> pd.Series:
    return lines["gates"].map(lambda gates: verdict in gates.values())


def _only(lines: pd.DataFrame, verdict: str) -> pd.Series:
    """This verdict, and none that is harsher."""
    found = _any(lines, verdict)
    for harsher in HARSH[: HARSH.index(verdict)]:
        found &= ~_any(lines, harsher)
    return found


def _share(hits: int, trials: int) -> str:
    if not trials:
        return "none"
    low, high = clopper_pearson(hits, trials, 0.95)
    return f"{hits / trials:.1%} ({low:.1%} to {high:.1%})"
