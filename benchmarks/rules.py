"""A million rows of fifteen declared columns to Parquet, against numpy drawing fifteen plain ones.

    python benchmarks/rules.py [ROWS]

CPU seconds of this process and its threads; the baseline draws as many columns of even floats and writes them too.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from synth_pipeline.adapters.tables import write_table
from synth_pipeline.scratch import Tables, make_tables

ROWS = 1_000_000
CUSTOMERS = 100_000
ORDERS = {
    "id": {"kind": "sequence"},
    "customer": {"kind": "foreign_key", "references": "customers.id", "skew": 1},
    "number": {"kind": "pattern", "regex": "O-[0-9]{4}-[A-Z]{3}[0-9]{5}", "unique": True},
    "remark": {"kind": "pattern", "regex": "(ok|late|lost( again)?)[.!]{0,2}"},
    "contact": {"kind": "faker", "provider": "name", "locale": "de_DE"},
    "email": {"kind": "faker", "provider": "email"},
    "job": {"kind": "faker", "provider": "job", "nulls": 0.1},
    "at": {"kind": "datetime", "start": "2022-01-01", "end": "2024-12-31", "business_hours": 0.8, "edge_cases": 0.001},
    "net": {"kind": "decimal", "law": "lognormal", "mean": 4, "sd": 1, "max": 100_000, "decimals": 2},
    "weight": {"kind": "decimal", "law": "gamma", "shape": 2, "scale": 3, "decimals": 3},
    "items": {"kind": "integer", "law": "poisson", "mean": 3, "min": 1},
    "country": {"kind": "category", "levels": ["DE", "FR", "US", "JP"], "weights": [5, 3, 2, 1]},
    "currency": {"kind": "determined_by", "columns": ["country"],
                 "mapping": {"DE": "EUR", "FR": "EUR", "US": "USD", "JP": "JPY"}},
    "paid": {"kind": "boolean", "share": 0.9},
    "rating": {"kind": "integer", "min": 1, "max": 5, "nulls": 0.4, "edge_cases": 0.001},
}  # fmt: skip
CORRELATED = [{"columns": ["net", "weight"], "rank": 0.6}, {"columns": ["net", "items"], "rank": 0.4}]


def main(rows: int) -> None:
    declared = Tables.model_validate({"tables": {
        "customers": {"rows": CUSTOMERS, "columns": {"id": {"kind": "sequence", "prefix": "C"}}},
        "orders": {"rows": rows, "columns": ORDERS, "correlations": CORRELATED},
    }})  # fmt: skip
    make_tables(declared, rows=10)  # imports are not the point
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        plain = _seconds(lambda: write_table(_plain(rows), out / "plain.parquet"))
        tables = {}
        drawing = _seconds(lambda: tables.update(make_tables(declared).tables))
        writing = _seconds(lambda: write_table(tables["orders"], out / "orders.parquet"))
    print(f"{rows:,} rows of {len(ORDERS)} columns")
    print(f"{'numpy, plain columns, written':<36}{plain:>8.2f} cpu s{1:>8.1f}")
    print(f"{'rules, drawn':<36}{drawing:>8.2f} cpu s{drawing / plain:>8.1f}")
    print(f"{'rules, drawn and written':<36}{drawing + writing:>8.2f} cpu s{(drawing + writing) / plain:>8.1f}")


def _plain(rows: int) -> pd.DataFrame:
    numbers = np.random.default_rng(0).random((len(ORDERS), rows))
    return pd.DataFrame({f"c{place}": column for place, column in enumerate(numbers)})


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
