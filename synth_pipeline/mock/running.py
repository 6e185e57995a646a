"""A mock server at work: in this process until it is interrupted, or beside a test in a thread."""

import asyncio
import json
import resource
import threading
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.mock.plan import Plan

HOST = "127.0.0.1"
BACKLOG = 4096
MOST_SOCKETS = 65_536
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """Where a server listens."""

    root: str

    @property
    def base_url(self) -> str:
        """As the SDK wants it."""
        return f"{self.root}/v1"

    def stats(self, *, totals: bool = False) -> dict[str, Any]:
        """The books of the server: ``Account.totals``, and unless only these are wanted ``by_request``."""
        with urllib.request.urlopen(f"{self.root}/stats{'?totals' * totals}", timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)


async def serve(plan: Plan, port: int, listening: Callable[[Running], None], until: asyncio.Event) -> None:
    """Serve on this machine only; raises SynthError where the port is taken."""
    from aiohttp import web

    from synth_pipeline.mock.server import Server

    _more_sockets()
    runner = web.AppRunner(Server(plan).application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            raise SynthError(f"Port {port} cannot be used: {error.strerror}.", "choose another --port.") from None
        listening(Running(f"http://{HOST}:{runner.addresses[0][1]}"))
        await until.wait()
    finally:
        await runner.cleanup()


def serve_here(plan: Plan, port: int, listening: Callable[[Running], None]) -> None:
    """Serve until the process is interrupted or terminated."""
    import signal

    async def work() -> None:
        until = asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, until.set)
        await serve(plan, port, listening, until)

    asyncio.run(work())


@contextmanager
def running(plan: Plan, port: int = 0) -> Generator[Running]:
    """A server in a thread of this process, on a free port."""
    found: list[Running] = []
    failed: list[SynthError] = []
    ready, until = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    def listening(where: Running) -> None:
        found.append(where)
        ready.set()

    def work() -> None:
        try:
            loop.run_until_complete(serve(plan, port, listening, until))
        except SynthError as error:
            failed.append(error)
        finally:
            loop.close()
            ready.set()

    thread = threading.Thread(target=work, name="mock-server", daemon=True)
    thread.start()
    ready.wait(PATIENCE)
    if not found:
        raise failed[0] if failed else SynthError("The mock server did not start.", "try again.")
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join(PATIENCE)


def _more_sockets() -> None:
    """A thousand requests in flight are a thousand files, and few systems allow so many unasked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_SOCKETS if hard == resource.RLIM_INFINITY else min(hard, MOST_SOCKETS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
