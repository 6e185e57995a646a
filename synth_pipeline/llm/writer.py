"""One thread that writes to a SQLite file: whatever waits at a time goes into one transaction, and onto the disk."""

import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from synth_pipeline.core.errors import SynthError

Work = Callable[[sqlite3.Connection], Any]

MOST = 2000  # pieces of work in one transaction
PATIENCE = 60  # seconds to wait for another process that writes


class Writer:
    """Does pieces of work one after the other; a result is handed on only when it is on the disk.

    Work may be done twice where its neighbour in the transaction failed, so it changes nothing but the file.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(schema, opened), name="request ledger", daemon=True)
        self._thread.start()
        try:
            opened.result()
        except sqlite3.Error as error:
            raise self._broken(error) from None

    def submit(self, work: Work) -> Future[Any]:
        """Queue a piece of work.  It will be done, even if nobody waits for it any more."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self._queue.put((work, future))
        return future

    def close(self) -> None:
        """Finish what is queued."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _run(self, schema: str, opened: "Future[None]") -> None:
        try:
            connection = self._open(schema)
        except sqlite3.Error as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        while (first := self._queue.get()) is not None:
            waiting, ends = [first], False
            while len(waiting) < MOST and not self._queue.empty():
                item = self._queue.get()
                if item is None:
                    ends = True
                    break
                waiting.append(item)
            self._do(connection, waiting)
            if ends:
                break
        connection.close()

    def _open(self, schema: str) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # prompts may hold real rows
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=PATIENCE)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("begin immediate")
        for statement in schema.split(";"):
            connection.execute(statement)
        connection.execute("commit")
        return connection

    def _do(self, connection: sqlite3.Connection, waiting: list[tuple[Work, Future[Any]]]) -> None:
        """All in one transaction; where that fails, each in its own, so that one cannot spoil the others."""
        try:
            connection.execute("begin immediate")
            results = [work(connection) for work, _ in waiting]
            connection.execute("commit")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("rollback")
            if len(waiting) == 1:
                waiting[0][1].set_exception(self._broken(error))
                return
            for one in waiting:
                self._do(connection, [one])
            return
        for (_, future), result in zip(waiting, results, strict=True):
            future.set_result(result)

    def _broken(self, error: sqlite3.Error) -> SynthError:
        return SynthError(
            f"The ledger of requests {self.path} cannot be used ({error}).",
            "make sure that the folder can be written, the disk has room and the file is not damaged.",
        )
