"""The ledger of requests: every answer is on the disk before it is used, and no question is paid for twice.

A question is claimed before it is sent, so that two processes on one ledger do not both pay; the claims of a process
that is gone are free again.  Answers of every kind but ``failed`` are final.  Prompts may hold rows of ``Train``: the
file belongs into the restricted area.
"""

import asyncio
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth_pipeline.llm.outcome import Kind, Reply, Usage
from synth_pipeline.llm.owner import Owner
from synth_pipeline.llm.request import Request
from synth_pipeline.llm.writer import Work, Writer

_ASKED = ("key", "parent", "endpoint", "base_url", "model", "sample", "content")
_WHO = ("dataset", "run_id")
_SAID = ("kind", "text", "error", "words", "input_tokens", "output_tokens", "cached_tokens", "cost", "currency",
         "prices", "billed", "request_id", "batch", "latency", "attempts", "lost")  # fmt: skip
# what dbt gets: no prompt, no answer, no word of an error
EXPORTED = (*_WHO, "id", *_ASKED[:-1], "kind", "error", *_SAID[4:], "at")

_FINAL = "kind <> 'failed'"
_RELEASE = "delete from claims where key = ? and owner = ?"
_SCHEMA = """
create table if not exists about (ledger text not null);
create table if not exists outcomes (
    id integer primary key autoincrement, at text not null, dataset text, run_id text,
    key text not null, parent text, endpoint text, base_url text, model text, sample integer, content text,
    kind text not null, text text, error text, words text, input_tokens integer, output_tokens integer,
    cached_tokens integer, cost real, currency text, prices text, billed integer, request_id text, batch text,
    latency real, attempts integer, lost integer
);
create unique index if not exists settled on outcomes (key) where kind <> 'failed';
create index if not exists runs on outcomes (dataset, run_id);
create index if not exists repairs on outcomes (parent) where parent is not null;
create table if not exists claims (key text primary key, owner text not null) without rowid;
create table if not exists batches (
    intent text primary key, base_url text not null, batch text, at text not null, open integer not null
) without rowid;
create table if not exists batch_items (
    key text not null, intent text not null, parent text, endpoint text, base_url text, model text, sample integer,
    content text, primary key (intent, key)
) without rowid;
create index if not exists items on batch_items (key)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the ledger keeps it; ``parent`` is the key of the request that this one repairs."""

    key: str
    parent: str | None
    endpoint: str
    base_url: str
    model: str
    sample: int
    content: str

    @classmethod
    def of(cls, request: Request, parent: str | None = None) -> "Asked":
        endpoint = request.endpoint
        return cls(
            request.key, parent, endpoint.name, endpoint.base_url, request.model, request.sample, request.content
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a request is to be sent: no if it has a ``reply``; no, but awaited, if it is in a batch (``intent``);
    not now, if somebody else is at it."""

    reply: Reply | None = None
    mine: bool = False
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A batch that stands in the ledger and is not settled; ``batch`` is absent if a crash came before its name."""

    intent: str
    batch: str | None
    items: Mapping[str, Asked]


class RequestLedger:
    """One SQLite file; any number of processes and clients may use it at once.

    >>> ledger = RequestLedger(Path("requests.sqlite"))
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._writer = Writer(path, _SCHEMA)
        self._owner = Owner(path.with_name(f"{path.name}.owners"))
        self.name = self._writer.submit(_named).result()

    def __enter__(self) -> "RequestLedger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is queued and give up all claims."""
        self._writer.submit(lambda db: db.execute("delete from claims where owner = ?", (self._owner.name,)).rowcount)
        self._writer.close()
        self._owner.close()

    async def claim(self, requests: Sequence[Request]) -> list[Claim]:
        """For each request its reply, or the right to send it, which no other process has then."""
        keys = [request.key for request in requests]
        future = self._writer.submit(lambda db: self._claim(db, keys))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:  # nobody will serve what is claimed all the same
            future.add_done_callback(lambda done: self._give_up(keys, done))
            raise

    async def settled(self, keys: Sequence[str]) -> dict[str, list[Kind]]:
        """Those of the keys that have a final outcome: the kinds of it and of its repairs that are final, in order."""
        return await self._do(lambda db: _settled(db, keys))

    async def settle(self, asked: Asked, reply: Reply, who: tuple[str, str] = ("", "")) -> None:
        """Keep a reply and end the claim; returns when it is on the disk."""
        row = (_now(), *who, *astuple(asked), *_row(reply))
        await self._do(lambda db: _settle(db, asked.key, row))

    async def settle_batch(
        self, intent: str, replies: Sequence[tuple[Asked, Reply]], who: tuple[str, str] = ("", "")
    ) -> None:
        """Keep all that came of a batch, once, though several processes may wait for it."""
        rows = [(asked.key, (_now(), *who, *astuple(asked), *_row(reply))) for asked, reply in replies]

        def work(db: sqlite3.Connection) -> None:
            if db.execute("update batches set open = 0 where intent = ? and open", (intent,)).rowcount:
                for key, row in rows:
                    _settle(db, key, row)

        await self._do(work)

    async def release(self, keys: Sequence[str]) -> None:
        """Give up claims on requests that were not sent."""
        mine = [(key, self._owner.name) for key in keys]
        await self._do(lambda db: db.executemany(_RELEASE, mine).rowcount)

    async def intend(self, intent: str, base_url: str, items: Sequence[Asked]) -> None:
        """Note a batch before it is submitted."""
        rows = [(one.key, intent, *astuple(one)[1:]) for one in items]

        def work(db: sqlite3.Connection) -> None:
            db.execute("insert into batches values (?, ?, null, ?, 1)", (intent, base_url, _now()))
            db.executemany("insert into batch_items values (?, ?, ?, ?, ?, ?, ?, ?)", rows)

        await self._do(work)

    async def submitted(self, intent: str, batch: str) -> None:
        """Note the name that the endpoint gave to a batch."""
        await self._do(lambda db: db.execute("update batches set batch = ? where intent = ?", (batch, intent)).rowcount)

    async def finished(self, intent: str) -> None:
        """Note that nothing more comes of a batch."""
        await self._do(lambda db: db.execute("update batches set open = 0 where intent = ?", (intent,)).rowcount)

    async def batch(self, intent: str) -> Submitted:
        """A batch with all its requests."""
        return await self._do(lambda db: _batch(db, intent))

    async def spent(self, unit: str, dataset: str, run_id: str | None = None) -> float:
        """What went for a data set, or one run of it: tokens, or money of a currency.  Unknown costs count nothing."""
        return await self._do(lambda db: _spent(db, unit, dataset, run_id))

    def rows(self, after: int, most: int = 100_000) -> list[tuple[Any, ...]]:
        """Outcomes in the order in which they came, from the one after this number on: the columns ``EXPORTED``."""
        columns = ", ".join(EXPORTED)
        query = f"select {columns} from outcomes where id > ? order by id limit ?"  # noqa: S608 - constants
        return self._writer.submit(lambda db: db.execute(query, (after, most)).fetchall()).result()

    def find(self, key: str) -> tuple[Asked, Reply] | None:
        """A request and its last reply."""
        columns = ", ".join((*_ASKED, *_SAID))
        query = f"select {columns} from outcomes where key = ? order by id desc limit 1"  # noqa: S608 - constants
        row = self._writer.submit(lambda db: db.execute(query, (key,)).fetchone()).result()
        return None if row is None else (Asked(*row[: len(_ASKED)]), _reply(row[len(_ASKED) :]))

    def _give_up(self, keys: Sequence[str], claimed: Future[list[Claim]]) -> None:
        if claimed.exception() is None:
            mine = [(key, self._owner.name) for key, one in zip(keys, claimed.result(), strict=True) if one.mine]
            self._writer.submit(lambda db: db.executemany(_RELEASE, mine).rowcount)

    async def _do(self, work: Work) -> Any:
        return await asyncio.wrap_future(self._writer.submit(work))

    def _claim(self, db: sqlite3.Connection, keys: Sequence[str]) -> list[Claim]:
        settled = {key: _reply(row) for key, *row in _where(db, f"key, {', '.join(_SAID)}", "outcomes", keys,
                                                            _FINAL)}  # fmt: skip
        wanted = [key for key in dict.fromkeys(keys) if key not in settled]
        holders = dict(_where(db, "key, owner", "claims", wanted))
        alive = {name: self._owner.is_alive(name) for name in set(holders.values())}
        for name in (name for name, lives in alive.items() if not lives):
            db.execute("delete from claims where owner = ?", (name,))
            self._owner.bury(name)
        free = [key for key in wanted if not alive.get(holders.get(key, ""), False)]
        db.executemany("insert into claims values (?, ?)", [(key, self._owner.name) for key in free])
        opened = "intent in (select intent from batches where open)"
        under_way = dict(_where(db, "key, intent", "batch_items", free, opened))
        claims = {key: Claim(mine=True, intent=under_way.get(key)) for key in free}
        # a question that is asked twice in one breath is sent once
        return [Claim(reply=settled[key]) if key in settled else claims.pop(key, Claim()) for key in keys]


def _settled(db: sqlite3.Connection, keys: Sequence[str]) -> dict[str, list[Kind]]:
    found = {key: [Kind(kind)] for key, kind in _where(db, "key, kind", "outcomes", keys, _FINAL)}
    first = {key: key for key in found}
    while first:  # repairs, and the repairs of these
        rows = _where(db, "parent, key, kind", "outcomes", list(first), _FINAL, of="parent")
        for parent, _, kind in rows:
            found[first[parent]].append(Kind(kind))
        first = {key: first[parent] for parent, key, _ in rows}
    return found


def _where(
    db: sqlite3.Connection, columns: str, table: str, keys: Sequence[str], also: str = "true", of: str = "key"
) -> list[Any]:
    rows: list[Any] = []
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        marks = ", ".join("?" * len(some))
        query = f"select {columns} from {table} where {of} in ({marks}) and {also}"  # noqa: S608 - constants
        rows += db.execute(query, list(some)).fetchall()
    return rows


_INSERT = (
    f"insert or ignore into outcomes (at, dataset, run_id, {', '.join((*_ASKED, *_SAID))}) "  # noqa: S608 - constants
    f"values ({', '.join('?' * (3 + len(_ASKED) + len(_SAID)))})"
)


def _settle(db: sqlite3.Connection, key: str, row: tuple[Any, ...]) -> None:
    if db.execute(_INSERT, row).rowcount == 0:  # what was paid stands there, though it was not needed
        kind = 3 + len(_ASKED)
        db.execute(_INSERT, (*row[:kind], Kind.FAILED, "", "answered before", *row[kind + 3 :]))
    db.execute("delete from claims where key = ?", (key,))


def _spent(db: sqlite3.Connection, unit: str, dataset: str, run_id: str | None) -> float:
    what = "input_tokens + output_tokens" if unit == "tokens" else "cost"
    clauses, values = ["dataset = ?"], [dataset]
    if run_id is not None:
        clauses, values = [*clauses, "run_id = ?"], [*values, run_id]
    if unit != "tokens":
        clauses, values = [*clauses, "currency = ?"], [*values, unit]
    query = f"select coalesce(sum({what}), 0) from outcomes where {' and '.join(clauses)}"  # noqa: S608 - constants
    return float(db.execute(query, values).fetchone()[0])


def _batch(db: sqlite3.Connection, intent: str) -> Submitted:
    (name,) = db.execute("select batch from batches where intent = ?", (intent,)).fetchone()
    query = f"select {', '.join(_ASKED)} from batch_items where intent = ?"  # noqa: S608 - constants
    items = [Asked(*row) for row in db.execute(query, (intent,))]
    return Submitted(intent, name, {one.key: one for one in items})


def _named(db: sqlite3.Connection) -> str:
    row = db.execute("select ledger from about").fetchone()
    if row is None:
        row = (uuid.uuid4().hex[:8],)
        db.execute("insert into about values (?)", row)
    return row[0]


def _row(reply: Reply) -> tuple[Any, ...]:
    usage = reply.usage
    tokens = (None, None, None) if usage is None else (usage.input, usage.output, usage.cached)
    return (
        *(reply.kind, reply.text, reply.error, reply.words, *tokens, reply.cost, reply.currency, reply.prices),
        *(reply.billed, reply.request_id, reply.batch, round(reply.latency, 4), reply.attempts, reply.lost),
    )


def _reply(row: Sequence[Any]) -> Reply:
    said = dict(zip(_SAID, row, strict=True))
    counts = [said.pop(name) for name in ("input_tokens", "output_tokens", "cached_tokens")]
    usage = None if counts[0] is None else Usage(*counts)
    billed = None if said["billed"] is None else bool(said["billed"])
    return Reply(**said | {"kind": Kind(said["kind"]), "usage": usage, "billed": billed})


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
