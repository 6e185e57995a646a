"""What a draw leaves besides its rows: the trace of each, and what was left out for which reason.

Rows pass through many hands between a sampler and a release, which drop and reorder them; a trace finds its row
again by the row's content.
"""

import json
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b

import pandas as pd

from synth_pipeline.core.table import Table

ROW = "row"  # the column of traces that holds the hash of the row
TRACED = (ROW, "mode", "label", "endpoint", "model", "key", "repairs", "request_id", "sample", "item", "prompt",
          "template", "parents", "drawn", "reviewer")  # fmt: skip


@dataclass(slots=True)
class Account:
    """``wanted`` and ``got`` count rows by label; ``left_out`` counts by reason, ``cost`` is in ``currency``.

    ``costs`` are those of the single requests, None where unknown, and ``tokens`` alike; ``keys`` name the requests,
    and ``lengths`` are those of their prompts in characters.
    """

    traces: list[pd.DataFrame] = field(default_factory=list)
    wanted: Counter[str] = field(default_factory=Counter)
    got: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    costs: list[float | None] = field(default_factory=list)
    tokens: list[int | None] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    @property
    def trace(self) -> pd.DataFrame:
        """One row for each that was kept, under the columns ``TRACED``, all text."""
        if not self.traces:
            return pd.DataFrame(columns=list(TRACED), dtype="str")
        return pd.concat(self.traces, ignore_index=True).astype("str")

    @property
    def told(self) -> str:
        """What was left out, in words."""
        return ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.most_common()) or "none"

    @property
    def short(self) -> dict[str, int]:
        """Rows that are missing, by label."""
        return {label: count - self.got[label] for label, count in self.wanted.items() if count > self.got[label]}


_open: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def accounting() -> Generator[Account]:
    """The account of all that is drawn inside."""
    account = Account()
    token = _open.set(account)
    try:
        yield account
    finally:
        _open.reset(token)


def account() -> Account:
    """The open account, or one that nobody reads."""
    return _open.get() or Account()


def row_hashes(table: Table) -> list[str]:
    """A name for the content of each row, identifiers aside; equal after the table was written and read again."""
    rows = plain_rows(table, table.schema.modelled)
    return [blake2b(json.dumps([*row.values()], ensure_ascii=False).encode(), digest_size=16).hexdigest()
            for row in rows]  # fmt: skip


def plain_rows(table: Table, names: Sequence[str]) -> list[dict[str, object]]:
    """Rows as JSON has them, whatever the types of the columns; missing is None."""
    columns = [_plain(pd.Series(table.frame[name])) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(values: pd.Series) -> list[object]:
    """Values as JSON has them, whatever the type of the column; missing is None."""
    known = values.notna().tolist()
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.astype("str")
    plain = values.astype("object").tolist()
    return [value if here else None for value, here in zip(plain, known, strict=True)]
