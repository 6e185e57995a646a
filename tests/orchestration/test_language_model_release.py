"""Rows by a language model all the way to a release, in processes of their own; one of them is killed on the way."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.mock import plan_of, running
from tests.orchestration.project import Project, wait

pytestmark = pytest.mark.slow

REAL, ROWS, IN_FLIGHT = 3_200, 800, 16
_CARD = "card chip pin reader counter blocked plastic stripe shop swallowed replace delivery"
_MONEY = "transfer balance salary deposit pending euros refund missing weekend invoice rent savings"
_LOGIN = "password code phone app device update screen locked fingerprint email reset browser"
_FEES = "charge abroad rate exchange monthly plan interest percent hidden yearly cash limit"
WORDS = {"card": _CARD.split(), "money": _MONEY.split(), "login": _LOGIN.split(), "fees": _FEES.split()}
OPENINGS = ("my", "why is the", "please check the", "how do I change the", "where is the", "I lost the", "is there a",
            "who stopped the", "can you explain the", "since monday the")  # fmt: skip
ENDINGS = ("now", "again", "today", "in another town", "for my son", "at the airport", "without a reason", "on my own",
           "before friday", "as a student")  # fmt: skip


def texts(count: int, seed: int) -> pd.DataFrame:
    """Questions of four labels, no two of them alike."""
    stream = np.random.default_rng(seed)
    rows: dict[str, str] = {}
    while len(rows) < count:
        label = str(stream.choice(list(WORDS)))
        inner = " ".join(stream.permutation(WORDS[label])[:4])
        rows[f"{stream.choice(OPENINGS)} {inner} {stream.choice(ENDINGS)}"] = label
    return pd.DataFrame({"text": list(rows), "label": list(rows.values())})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.copy(tmp_path / "project")
    whole = texts(REAL + 20_000, 1)
    whole.head(REAL).to_parquet(project.root / "real.parquet", index=False)
    whole.tail(-REAL).to_csv(project.root / "spare.csv", index=False)
    return project


def declare(project: Project, base_url: str) -> None:
    endpoint = {"name": "local", "base_url": base_url, "model": "mock", "price": {"input": 1, "output": 2},
                "limits": {"concurrency": IN_FLIGHT}}  # fmt: skip
    project.declare(
        "bank", rows=ROWS, target="label", source={"kind": "file", "path": "real.parquet"},
        columns={"text": {"kind": "text"}, "label": {"kind": "category"}},
        generator={"kind": "language_model", "endpoint": endpoint,
                   "mode": {"kind": "labelled_text", "label": "label"}},
    )  # fmt: skip


def test_a_run_that_is_killed_and_repeated_releases_rows_that_are_paid_for_once(project: Project) -> None:
    answers = {"mode": "pool", "file": str(project.root / "spare.csv")}
    with running(plan_of({"answers": answers, "latency": 0.05})) as server:
        declare(project, server.base_url)
        killed = project.start("run", "bank")
        assert wait(lambda: server.stats(totals=True)["billed"] > ROWS / 4, 120), "it never asked"
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()
        before = server.stats(totals=True)["billed"]
        assert before < ROWS, "it was too late to kill anything"

        status, printed = project.synth("run", "bank")
        assert status == 0, printed
        paid = server.stats(totals=True)
        # those in flight: a slot is held until the answer is on the disk
        assert paid["billed"] - paid["billed_contents"] <= IN_FLIGHT
        assert paid["most_billed"] <= 2

        first = project.release("bank")
        assert project.synth("run", "bank")[0] == 0
        assert server.stats(totals=True)["arrived"] == paid["arrived"], "a rerun was paid for"
    assert project.release("bank") == first and first["rows"] == ROWS
    assert {*project.ledger("releases")["version"]} == {first["version"]}

    rows = pd.read_parquet(project.home / "published" / "bank" / "current" / "data.parquet")
    assert not set(rows["text"]) & set(pd.read_parquet(project.root / "real.parquet")["text"])
    findings = pd.read_parquet(project.home / "restricted" / "bank" / "memorisation" / "current" / "data.parquet")
    pairs = findings[findings["metric"] == "close pair"]["subject"]
    published = "".join((project.home / "published" / "bank" / "current" / name).read_text()
                        for name in ("report.html", "card.md", "manifest.json"))  # fmt: skip
    assert len(pairs) and not any(pair.split(", train ")[1].split()[0] in published for pair in pairs)
    record = rows.iloc[ROWS // 2]
    status, printed = project.synth("trace", record["_record_id"], "--prompt")
    assert status == 0, printed
    told = dict(line.split(maxsplit=1) for line in printed.split("[system]")[0].splitlines() if line.strip())
    assert (told["state"], told["model"], told["endpoint"]) == ("released", "mock", "local")
    assert told["version"] == first["version"] and len(told["parents"].split(", ")) == 4
    assert f"label: {record['label']}" in printed and record["text"] in printed.split("[answer]")[1]
    spent = project.query("select sum(settled) as settled from language_model_spending where dataset = 'bank'")
    assert int(spent["settled"][0]) >= ROWS
