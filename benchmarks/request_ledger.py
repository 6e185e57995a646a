"""What a request costs the client, whether anything is paid for twice, and how many requests an endpoint is given.

    python benchmarks/request_ledger.py [--only NAME] [--kills 20]

An endpoint in a process of its own answers after a set time and counts what it bills; the client has another, and
reports its CPU time per request, ledger and validation included.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from synth_pipeline.llm import Client, Kind, Request, RequestLedger
from synth_pipeline.spec.endpoint import Endpoint

ROOT = Path(__file__).resolve().parents[1]
SERVER = ("-m", "synth_pipeline.cli", "serve-mock", "--port", "0", "--model", "small")
WARM = 5.0  # seconds until the number in flight has settled


class Example(BaseModel):
    """What is asked for."""

    label: str
    text: str


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, *SERVER, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def stats(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/stats?totals") as said:  # noqa: S310 - our own server
        return json.load(said)


def asks(url: str, number: int, concurrency: int, timeout: float = 120) -> Iterator[Request]:
    endpoint = Endpoint.model_validate({
        "name": "local", "base_url": url, "model": "small", "limits": {"concurrency": concurrency},
        "price": {"input": 1, "output": 2}, "timeout_seconds": timeout,
    })  # fmt: skip
    shots = "\n".join(f"Example {one}: where is my card, it should have come days ago" for one in range(8))
    for one in range(number):
        messages = [{"role": "system", "content": shots}, {"role": "user", "content": f"Write number {one}."}]
        yield Request(endpoint, "small", messages, Example, {"temperature": 1.0})


async def run(ledger: RequestLedger, url: str, number: int, concurrency: int) -> dict[str, Any]:
    """Ask so many questions; the limit that was found is looked at ten times a second."""
    import openai  # noqa: F401 - it takes a second, which no request is to blame for

    limits: list[tuple[float, float]] = []
    warm: dict[str, Any] = {}
    async with Client(ledger, dataset="benchmark", run_id="r") as client:
        lane = client.lane(next(asks(url, 1, concurrency)).endpoint)

        async def look() -> None:
            while True:
                if not warm and limits and limits[-1][0] > started + WARM:
                    warm.update(await asyncio.to_thread(stats, url))
                limits.append((time.monotonic(), lane.slots.limit))
                await asyncio.sleep(0.1)

        started, cpu, kinds, reused = time.monotonic(), time.process_time(), dict.fromkeys(Kind, 0), 0
        looking = asyncio.create_task(look())
        async for outcome in client.complete(asks(url, number, concurrency)):
            kinds[outcome.kind] += 1
            reused += outcome.reused
        looking.cancel()
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    lost = sum(row[-2] for row in ledger.rows(0))
    return {"seconds": seconds, "per_second": number / seconds, "cpu_ms": cpu / number * 1000, "limits": limits,
            "kinds": {str(kind): count for kind, count in kinds.items() if count}, "reused": reused,
            "lost": lost, "started": started, "warm": warm}  # fmt: skip


async def bare(url: str, number: int, concurrency: int) -> float:
    """Requests per second of the SDK alone, without ledger, limits or validation: what the machine bears just now."""
    from httpx2 import Limits, Response
    from openai import AsyncOpenAI, DefaultAioHttpClient

    bodies = (request.body() for request in asks(url, number, concurrency))
    http = DefaultAioHttpClient(limits=Limits(max_connections=concurrency, max_keepalive_connections=concurrency))
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=http) as sdk:

        async def work() -> None:
            for body in bodies:
                await sdk.post("/chat/completions", cast_to=Response, body=body)

        started = time.monotonic()
        await asyncio.gather(*(work() for _ in range(concurrency)))
    return number / (time.monotonic() - started)


def throughput(folder: Path) -> None:
    with serving("--latency", "0.5") as url, RequestLedger(folder / "a.sqlite") as ledger:
        print(f"64 in flight, 0.5 s each: the SDK alone does {asyncio.run(bare(url, 1280, 64)):.1f} requests/s")
        did = asyncio.run(run(ledger, url, 3840, 64))
        print(f"64 in flight, 0.5 s each: {did['per_second']:.1f} requests/s of 128 (wanted 115), "
              f"{did['cpu_ms']:.2f} CPU-ms per request (at most 2.5), {did['kinds']}")  # fmt: skip


def many(folder: Path) -> None:
    with serving("--latency", "3") as url, RequestLedger(folder / "b.sqlite") as ledger:
        did = asyncio.run(run(ledger, url, 12_000, 1000))
        print(f"1,000 in flight, 3 s each: peak {stats(url)['peak']}, attempts without answer {did['lost']}, "
              f"{did['kinds']}, {did['per_second']:.0f} requests/s, {did['cpu_ms']:.2f} CPU-ms each")  # fmt: skip


def more(folder: Path) -> None:
    with serving() as url, RequestLedger(folder / "c.sqlite") as ledger:
        asyncio.run(run(ledger, url, 2000, 64))
        before = stats(url)["billed"]
        did = asyncio.run(run(ledger, url, 2200, 64))
        print(f"10 % more rows: {before} billed, then {stats(url)['billed'] - before} more; reused {did['reused']}; "
              f"{did['cpu_ms']:.2f} CPU-ms each")  # fmt: skip


def cap(folder: Path) -> None:
    for most in (256, 1000):
        with serving("--latency", "0.3", "--concurrent", "50") as url:
            with RequestLedger(folder / f"d{most}.sqlite") as ledger:
                did = asyncio.run(run(ledger, url, 6000, most))
            said, warm = stats(url), did["warm"]
            after = [limit for at, limit in did["limits"][:-5] if at > did["started"] + WARM]
            refused = (said["rate_limited"] - warm["rate_limited"]) / (said["arrived"] - warm["arrived"])
            print(f"cap 50 at the server, {most} declared: limit after 5 s "
                  f"{min(after):.1f} to {max(after):.1f} (wanted 40 to 60), 429s {refused:.2%} after 5 s (under 2 %), "
                  f"{said['rate_limited']} in all, {did['per_second']:.0f} requests/s of {50 / 0.3:.0f}")  # fmt: skip


def kills(folder: Path, times: int) -> None:
    chance, path, number, concurrency = random.Random(5), folder / "e.sqlite", 3000, 64  # noqa: S311
    with serving("--latency", "0.1") as url:
        in_flight, kept = [], 0
        for _ in range(times):
            child = subprocess.Popen([sys.executable, __file__, "--child", str(path), url, str(number)])
            before = stats(url)["arrived"]
            while stats(url)["arrived"] == before and child.poll() is None:
                time.sleep(0.02)
            time.sleep(chance.uniform(0, 0.4))
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            time.sleep(0.2)  # what the server was at, it bills
            with RequestLedger(path) as ledger:
                settled = len(ledger.rows(0))
            sent = stats(url)["arrived"] - before
            in_flight.append(sent - (settled - kept))
            kept = settled
        cut = stats(url)["arrived"]
        with RequestLedger(path) as ledger:
            did = asyncio.run(run(ledger, url, number, concurrency))
            twice = len(ledger.rows(0)) - number
        said = stats(url)
    print(f"{times} kills: {number} questions, {cut} sent before the last run, which reused {did['reused']}; billed "
          f"{said['billed']}; re-sent {said['billed'] - number}, in flight at the kills {sum(in_flight)}, "
          f"at most {max(in_flight)} of {concurrency} at one; answers kept twice {twice}")  # fmt: skip


def child(path: str, url: str, number: str) -> None:
    with RequestLedger(Path(path)) as ledger:
        asyncio.run(run(ledger, url, int(number), 64))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["throughput", "many", "more", "cap", "kills"])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    with tempfile.TemporaryDirectory() as folder:
        for measure in (throughput, many, more, cap):
            if options.only in (None, measure.__name__):
                measure(Path(folder))
        if options.only in (None, "kills"):
            kills(Path(folder), options.kills)


if __name__ == "__main__":
    main()
