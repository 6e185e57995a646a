"""What the ledger promises to processes that die, and to those that live at once."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from synth_pipeline.llm import Kind, RequestLedger
from synth_pipeline.llm.ledger import Asked
from synth_pipeline.llm.outcome import Reply, Usage
from tests.llm.conftest import asks, complete

ROOT = Path(__file__).resolve().parents[2]


def asking(ledger: Path, server, number: int, mode: str = "online") -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, "-m", "tests.llm.asking", ledger, server.port, number, mode]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def until(happens, process: subprocess.Popen) -> None:
    while not happens() and process.poll() is None:
        time.sleep(0.01)


def test_kills_pay_again_for_what_was_in_flight_at_most(server, endpoint, tmp_path) -> None:
    server.latency, path, chance = 0.05, tmp_path / "requests.sqlite", np.random.default_rng(3)
    in_flight = kept = 0
    for _ in range(3):
        before = len(server.times)
        process = asking(path, server, 400)
        until(lambda before=before: len(server.times) > before, process)
        time.sleep(chance.uniform(0.1, 0.3))
        os.kill(process.pid, signal.SIGKILL)
        said = process.communicate()[0].split()
        time.sleep(0.15)
        with RequestLedger(path) as ledger:
            rows = ledger.rows(0)
            answered = {row[3] for row in rows}
        assert set(said) <= answered  # an outcome is on the disk before it is handed on
        in_flight += len(server.times) - before - (len(rows) - kept)
        kept = len(rows)
    with RequestLedger(path) as ledger:
        outcomes = complete(ledger, asks(endpoint(), 400))
        assert [outcome.kind for outcome in outcomes] == [Kind.ANSWERED] * 400
        assert sum(outcome.reused for outcome in outcomes) == kept > 0
    assert 0 < server.stats()["billed"] - 400 <= in_flight
    assert in_flight <= 3 * 16  # a slot is held until its answer is on the disk


def test_nothing_more_is_sent_while_as_many_answers_wait_for_the_disk(server, endpoint, ledger, monkeypatch) -> None:
    """Each answer takes 50 ms to its disk, and 4 may be in flight: of 4 more a kill would know nothing."""
    settle, kept, most = ledger.settle, 0, 0

    async def slowly(*given: object) -> None:
        nonlocal kept, most
        await asyncio.sleep(0.05)
        most = max(most, len(server.times) - kept)
        await settle(*given)
        kept += 1

    monkeypatch.setattr(ledger, "settle", slowly)
    complete(ledger, asks(endpoint(limits={"concurrency": 4}), 40))
    assert kept == 40 and most == 4


def test_two_processes_do_not_both_pay(server, endpoint, tmp_path) -> None:
    server.latency = 0.05
    processes = [asking(tmp_path / "requests.sqlite", server, 150) for _ in range(2)]
    said = [process.communicate(timeout=60)[0].split() for process in processes]
    assert len(set(said[0])) == 150 and set(said[0]) == set(said[1])
    assert (server.stats()["billed"], server.stats()["most_often"]) == (150, 1)


def test_claims_of_the_living_hold_and_those_of_the_dead_do_not(endpoint, tmp_path) -> None:
    path, requests = tmp_path / "requests.sqlite", asks(endpoint(), 3)

    def states(ledger: RequestLedger) -> list[bool]:
        return [claim.mine for claim in asyncio.run(ledger.claim(requests))]

    with RequestLedger(path) as one, RequestLedger(path) as other:
        assert states(one) == [True] * 3
        assert states(other) == states(one) == [False] * 3
        asyncio.run(one.release([requests[0].key]))
        assert states(other) == [True, False, False]
    with sqlite3.connect(path) as file:
        file.execute("insert into claims values (?, '1-gone')", (requests[0].key,))
    file.close()
    with RequestLedger(path) as third:
        assert states(third) == [True] * 3


def test_a_claim_that_nobody_waits_for_is_given_up(endpoint, ledger) -> None:
    async def run() -> bool:
        task = asyncio.create_task(ledger.claim(asks(endpoint(), 2)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.1)
        return all(claim.mine for claim in await ledger.claim(asks(endpoint(), 2)))

    assert asyncio.run(run())


def test_a_reply_comes_back_as_it_was(endpoint, ledger) -> None:
    (request,) = asks(endpoint(), 1)
    reply = Reply(Kind.ANSWERED, "text 🦊", usage=Usage(3, 4, 1), cost=0.25, currency="USD", prices="v", billed=True,
                  request_id="q", latency=0.5, attempts=2, lost=1)  # fmt: skip
    asyncio.run(ledger.settle(Asked.of(request), reply, ("d", "r")))
    assert ledger.find(request.key) == (Asked.of(request), reply)
    assert asyncio.run(ledger.claim([request]))[0].reply == reply
    spent = {unit: asyncio.run(ledger.spent(unit, "d", "r")) for unit in ("tokens", "USD", "EUR")}
    assert spent == {"tokens": 7, "USD": 0.25, "EUR": 0}


def test_a_second_answer_is_counted_and_not_used(endpoint, ledger) -> None:
    (request,) = asks(endpoint(), 1)
    for text in ("first", "second"):
        reply = Reply(Kind.ANSWERED, text, usage=Usage(1, 1), cost=1.0, currency="USD", billed=True)
        asyncio.run(ledger.settle(Asked.of(request), reply, ("d", "r")))
    assert asyncio.run(ledger.claim([request]))[0].reply.text == "first"
    assert asyncio.run(ledger.spent("USD", "d")) == 2.0
    assert ledger.find(request.key)[1].error == "answered before"


def test_the_file_is_for_its_owner_alone(ledger) -> None:
    assert ledger.path.stat().st_mode & 0o077 == 0


def test_a_batch_survives_a_kill(server, endpoint, tmp_path) -> None:
    server.batch_looks, path = 10**6, tmp_path / "requests.sqlite"
    process = asking(path, server, 20, "batch")
    until(lambda: server.batches, process)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    server.batch_looks = 1
    with RequestLedger(path) as ledger:
        outcomes = complete(ledger, asks(endpoint(mode="batch"), 25))
    assert [outcome.kind for outcome in outcomes] == [Kind.ANSWERED] * 25
    assert len(server.batches) == 2
    assert (server.stats()["billed"], server.stats()["most_often"]) == (25, 1)
