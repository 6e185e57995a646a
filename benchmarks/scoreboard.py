"""The same planted faults through other audits of synthetic data and through ours: who sees what.

    make scoreboard
    python benchmarks/scoreboard.py --out scoreboard.json --page docs/scoreboard.md
    SYNTH_DATA=folder python benchmarks/scoreboard.py --tools sdmetrics --tables census --seeds 5

Each peer runs at its advertised defaults in a virtual environment of its own under the cache folder, made when
first needed with uv if it is there (UV_TORCH_BACKEND=cpu spares mostlyai-qa a build of torch for graphics
cards), else with venv and pip.  What was scored once is kept in the cache folder, a line of JSON for each tool,
fault and seed, so that a run that was stopped goes on where it was.  When a peer sees a fault is said in
``peers/rule.py``; our audit sees one when it blocks or refuses.  Faults take seeds 0 to 4, clean controls
seeds 0 to 9.  The census is taken from the folder SYNTH_DATA, RAND HIE from statsmodels.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from peers.cases import Case, planted
from peers.environments import OURS, TOOLS, Tool, tool
from peers.page import board
from peers.rule import __doc__ as rule
from tables import FRAMES

ROOT = Path(__file__).resolve().parent.parent
TABLES = ("randhie", "census")
BOARD = (
    "verbatim copies 0.5 %", "verbatim copies 1 %", "verbatim copies 5 %", "jittered copies 1 %",
    "outliers copied 0.5 %", "copies with 2 columns redrawn", "copies with 5 columns redrawn",
    "synthetic is train", "shifted by 0.1 deviations", "shifted by 0.5 deviations", "upper 1 % dropped",
    "one column permuted", "labels swapped 5 %", "modes lost 30 %", "five recursive generations", "pure noise",
)  # fmt: skip
COLUMNS = ["table", "fault", "seed", "tool", "version", "digest", "seconds", "failed", "scores"]
QUICK = ("verbatim copies 1 %", "shifted by 0.5 deviations", "synthetic is train")


def main() -> None:
    given = _arguments()
    faults, seeds = (QUICK, 2) if given.quick else (BOARD, given.seeds)
    given.cache.mkdir(parents=True, exist_ok=True)
    (given.cache / ".gitignore").write_text("*\n")
    tools = [tool(name, given.cache) for name in given.tools]
    with tempfile.TemporaryDirectory(dir=given.cache) as scratch, ThreadPoolExecutor(given.workers) as pool:
        cases = [
            case
            for table in given.tables
            for seed in range(2 * seeds)
            for case in planted(table, given.rows, seed, faults if seed < seeds else (), Path(scratch))
        ]
        found = pool.map(lambda one: scored(one, cases, given.cache, rest=not given.cached), tools)
        lines = [line for part in found for line in part]
    facts = _facts(tools, given.rows, seeds)
    tables = pd.DataFrame(lines, columns=COLUMNS).groupby("table", sort=False)
    boards = [f"### {table}\n\n{board(part, faults, given.tools)}" for table, part in tables]
    page = "\n\n".join([_head(facts), *boards])
    print(page)
    if given.page is not None:
        given.page.write_text(f"# Who sees what\n\nWritten by `make scoreboard`. {rule}\n{page}\n", encoding="utf-8")
    if given.out is not None:
        given.out.write_text(json.dumps({**facts, "rule": rule, "page": page, "scores": lines}))


def scored(by: Tool, cases: Sequence[Case], cache: Path, *, rest: bool) -> list[dict[str, Any]]:
    """All cases by one tool; those that it scored before are taken from its file, and the ``rest`` where asked for."""
    kept = cache / f"scores-{by.name}.jsonl"
    lines = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    known = {(line["version"], line["digest"]): line for line in lines}
    places = {str(case.folder): case for case in cases}
    left = [case for case in cases if rest and (by.version, case.digest) not in known]
    with kept.open("a") as file:
        for number, answer in enumerate(by.scores([case.folder for case in left]), 1):
            case = places[answer.pop("folder")]
            known[by.version, case.digest] = line = {"version": by.version, "digest": case.digest, **answer}
            if "failed" not in line:  # is tried again
                file.write(json.dumps(line) + "\n")
                file.flush()
            print(f"{by.name}: {number} of {len(left)}, {case.table}, {case.fault}, seed {case.seed}", file=sys.stderr)
    empty = {"tool": by.name, "failed": None, "scores": None}
    return [
        empty | known[by.version, case.digest] | {"table": case.table, "fault": case.fault, "seed": case.seed}
        for case in cases
        if (by.version, case.digest) in known
    ]


def _facts(tools: Sequence[Tool], rows: int, seeds: int) -> dict[str, Any]:
    git = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": git.stdout.strip(),
        "rows": {"train": rows, "holdout": rows, "synthetic": rows},
        "seeds": {"faults": list(range(seeds)), "clean": list(range(2 * seeds))},
        "versions": {one.name: one.version for one in tools},
        "installed": {one.name: one.installed() for one in tools},
    }


def _head(facts: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    faults, clean = (f"seeds {part[0]} to {part[-1]}" for part in facts["seeds"].values())
    return (
        f"{facts['date']}, commit {facts['commit']}. {versions}. {facts['rows']['train']:,} rows each of train, "
        f"holdout and synthetic; faults: {faults}, clean controls: {clean}."
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "scoreboard", help="environments and scores")
    parser.add_argument("--out", type=Path, help="write all raw scores here, as JSON")
    parser.add_argument("--page", type=Path, help="write the boards here, as Markdown")
    parser.add_argument("--quick", action="store_true", help="2 seeds and a few faults")
    parser.add_argument("--cached", action="store_true", help="show what was scored before, and run nothing")
    parser.add_argument("--rows", type=int, default=4000, help="of train, of holdout and of the synthetic table")
    parser.add_argument("--seeds", type=int, default=5, help="of every fault; clean controls take twice as many")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=[one for one in TABLES if one in FRAMES])
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=[*TOOLS[:-1], OURS])
    parser.add_argument("--workers", type=int, default=2, help="tools that run at once")
    return parser.parse_args()


if __name__ == "__main__":
    main()
