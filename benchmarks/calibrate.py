"""How often the audit blocks clean tables, and how often it sees planted faults.

    make calibrate
    python benchmarks/calibrate.py --seeds 3 --out calibration.jsonl --page docs/calibration.md

Every audit is one line of the file given by --out, so that a run that was stopped goes on where it was.
The census and the shoppers are taken from the folder SYNTH_DATA; without it only tables that come with
libraries are used.  The page is written from the file, with the commit that measured it.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

OF_TEXT = ("verbatim copies 0.5 %", "verbatim copies 1 %", "training texts reworded 3 %", "personal data in text 1 %",
           "texts of few sentences", "texts of few sentences 30 %", "texts of templates 30 %", "texts longer 30 %",
           "vocabulary narrowed to 30 %", "words shuffled 30 %", "texts in foreign languages 5 %",
           "topics of texts lost 15 %", "labels of texts swapped 20 %")  # fmt: skip
CURVES = 5  # curves of power, which promise nothing or nothing new, have a fifth of the seeds
UNPROMISED = ("verbatim copies 0.2 %", "verbatim copies 5 %", "jittered copies 5 %", "outliers copied 0.2 %",
              "outliers jittered 0.2 %", "outliers jittered 0.5 %", "2 % copies with 2 columns redrawn",
              "2 % copies with 3 columns redrawn", "2 % copies with 5 columns redrawn",
              "one secret on other records 5 %", "shifted by 0.05 deviations", "shifted by 0.1 deviations",
              "shifted by 0.2 deviations", "labels swapped 5 %")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One split of one table: sizes of train, holdout and synthetic, and a seed; ``faults`` are planted in it."""

    table: str
    sizes: tuple[int, int, int]
    seed: int
    faults: tuple[str, ...]  # none: the clean table, through all gates
    swapped: bool = False

    @property
    def key(self) -> str:
        return f"{self.table} {self.sizes} {self.seed} {self.swapped}"


def clean_cases(seeds: int) -> Iterator[Case]:
    """Splits without fault; ``seeds`` of each kind."""
    from tables import FRAMES

    shapes = {
        "fair": [(250, 250, 250), (1000, 1000, 1000), (2000, 2000, 2000), (3000, 1000, 2000), (3600, 400, 2000)],
        "randhie": [(2000, 2000, 2000), (6000, 6000, 6000), (9000, 1000, 6000), (8000, 4000, 6000)],
        "digits": [(500, 500, 500), (800, 400, 500)],
        "census": [(2000, 2000, 2000), (8000, 8000, 8000), (9000, 1000, 9000), (22000, 14000, 12000)],
        "docstrings": [(1000, 1000, 1000), (1500, 1500, 1500)],
        "banking77": [(1000, 1000, 1000), (3000, 3000, 3000), (4500, 500, 4500)],
        "online_shoppers": [(2000, 2000, 2000), (4000, 4000, 4000), (6000, 2000, 4000), (3600, 400, 3600)],
    }  # fmt: skip
    for table, sizes in shapes.items():
        for size in sizes if table in FRAMES else []:
            for seed in range(seeds):
                yield Case(table, size, seed, ())
            yield Case(table, (size[1], size[0], size[2]), seeds, (), swapped=True)


def promised_cases(seeds: int) -> Iterator[Case]:
    """Faults at the sizes at which they are promised to be seen."""
    from tables import FRAMES

    from synth_pipeline.redteam import FAULTS

    names = tuple(fault.name for fault in FAULTS if fault.name not in UNPROMISED)
    for seed in range(seeds):
        yield Case("census_extended" if "census" in FRAMES else "randhie", (4000, 4000, 4000), seed, names)
        yield Case("docstrings", (1500, 1500, 1500), seed, OF_TEXT)
        if "banking77" in FRAMES:
            yield Case("banking77", (3000, 3000, 3000), seed, OF_TEXT)
        if "census" in FRAMES:
            yield Case("census", (4000, 4000, 4000), seed, ("verbatim copies 0.5 %", "jittered copies 1 %"))
            yield Case("shoppers_15", (4000, 4000, 4000), seed, ("copies with 5 columns redrawn",))


def curve_cases(seeds: int) -> Iterator[Case]:
    """Faults that are seen now and then: how often, by size and strength."""
    from tables import FRAMES

    from synth_pipeline.redteam import FAULTS

    redrawn = tuple(fault.name for fault in FAULTS if "redrawn" in fault.name)
    copies = tuple(fault.name for fault in FAULTS if "verbatim" in fault.name or "outliers" in fault.name)
    for seed in range(seeds):
        yield Case("census_extended" if "census" in FRAMES else "randhie", (4000, 4000, 4000), seed, UNPROMISED)
        if "census" in FRAMES:
            yield Case("census", (12000, 12000, 12000), seed, ("outliers jittered 0.2 %",))
            yield Case("census", (8000, 8000, 8000), seed, redrawn)
            yield Case("census", (16000, 16000, 16000), seed, ("shifted by 0.05 deviations", "labels swapped 5 %"))
            yield Case("online_shoppers", (4000, 4000, 4000), seed, copies + redrawn)
            yield Case("census", (8000, 4000, 8000), seed, copies + redrawn)
            yield Case("census", (9000, 1000, 9000), seed, copies + redrawn)


SAMPLE = ("synthetic is train", "shifted by 0.5 deviations", "constant column", "pure noise",
          "one column permuted", "wrong type", "modes lost 30 %")  # fmt: skip


def sample_cases() -> Iterator[Case]:
    """A fixed small sample, on tables that come with libraries."""
    for seed in range(2):
        yield Case("randhie", (4000, 4000, 4000), seed, SAMPLE)
        yield Case("randhie", (4000, 4000, 4000), seed, ())
        yield Case("fair", (2000, 2000, 2000), seed, ())
        yield Case("digits", (500, 500, 500), seed, ())
        yield Case("digits", (500, 500, 500), seed, ("verbatim copies 5 %",))


def broken(lines: list[dict]) -> list[str]:
    """Clean tables that were blocked, and faults that were not seen."""
    blocked = [line["key"] for line in lines if line["fault"] == "clean" and "block" in line["gates"].values()]
    return blocked + [line["key"] for line in lines if line.get("seen") is False]


def run(case: Case, done: set[str]) -> list[dict]:
    """All audits of a case that are not done yet."""
    from tables import SENSITIVE, TARGETS, load

    from synth_pipeline.core.errors import SynthError
    from synth_pipeline.drill import Bench
    from synth_pipeline.redteam import FAULTS, NotApplicable

    wanted = case.faults or ("clean",)
    if all(f"{case.key} {name}" in done for name in wanted):
        return []
    if case.table not in _LOADED:
        _LOADED[case.table] = load(case.table)
    real = _LOADED[case.table]
    try:
        key = "person" if "person" in real.schema.names else None
        bench = Bench(real, case.sizes, case.seed, target=TARGETS.get(case.table),
                      sensitive=SENSITIVE.get(case.table, ()), key=key)  # fmt: skip
    except SynthError as error:
        return [{"key": f"{case.key} {name}", "fault": name, "skipped": error.problem} for name in wanted]
    out = []
    for name in wanted:
        if f"{case.key} {name}" in done:
            continue
        line = {"key": f"{case.key} {name}", **asdict(case), "fault": name}
        line.pop("faults")
        fault = next((one for one in FAULTS if one.name == name), None)
        start = time.process_time()
        try:
            seen = bench.clean() if fault is None else bench.see(fault)
            line |= {"gates": seen.gates, "reason": seen.reason}
            line |= {"expected": fault.expected, "seen": seen.by(fault.expected)} if fault is not None else {}
        except NotApplicable as reason:
            line |= {"skipped": str(reason)}
        out.append(line | {"seconds": round(time.process_time() - start, 2)})
    return out


_LOADED: dict = {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(".cache/calibration.jsonl"))
    parser.add_argument("--page", type=Path, help="write the table here, as Markdown")
    parser.add_argument("--seeds", type=int, default=59, help="of every fault")
    parser.add_argument("--clean", type=int, default=15, help="seeds of every clean size")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--table", action="append", help="only this one; may be given several times")
    parser.add_argument(
        "--sample", action="store_true", help="a fixed small sample: status 1 where a promise is broken"
    )
    given = parser.parse_args()
    if given.sample:
        sys.exit(sample(given.workers))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    done = {json.loads(line)["key"] for line in given.out.read_text().splitlines()} if given.out.exists() else set()
    cases = sorted([*promised_cases(given.seeds), *clean_cases(given.clean)], key=lambda case: case.seed)
    cases += curve_cases(given.seeds // CURVES)
    cases = [case for case in cases if given.table is None or case.table in given.table]
    cases = [case for case in cases if any(f"{case.key} {name}" not in done for name in case.faults or ("clean",))]
    commit = _commit()
    with ProcessPoolExecutor(given.workers) as pool, given.out.open("a") as file:
        started = [pool.submit(run, case, done) for case in cases]
        for number, finished in enumerate(as_completed(started), 1):
            file.writelines(json.dumps(line | {"commit": commit}) + "\n" for line in finished.result())
            file.flush()
            print(f"\r{number} of {len(cases)} splits", end="", file=sys.stderr)
    if given.page is not None:
        given.page.write_text(page(given.out), encoding="utf-8")
        print(f"\nwritten {given.page}")


def sample(workers: int) -> int:
    """Run the fixed sample and say what is broken."""
    with ProcessPoolExecutor(workers) as pool:
        lines = [line for done in pool.map(run, sample_cases(), [set()] * 100) for line in done]
    wrong = broken(lines)
    print(f"{len(lines)} audits of clean and faulty tables, {len(wrong)} not as promised")
    for key in wrong:
        print(f"  {key}")
    return int(bool(wrong))


def page(lines: Path) -> str:
    """Rates with exact intervals, as Markdown."""
    import pandas as pd
    from calibration_page import render

    return render(pd.read_json(lines, lines=True))


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return found.stdout.strip()


if __name__ == "__main__":
    main()
