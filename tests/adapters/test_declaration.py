"""Every mistake that a declaration can hold is named by file, line and field, with something to do about it."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from synth_pipeline.adapters.declaration import Mistake, all_mistakes, declared, load, mistakes
from synth_pipeline.adapters.gates.suite import Suites
from synth_pipeline.adapters.project import DEFS, ROOT
from synth_pipeline.core.errors import SynthError
from synth_pipeline.generators import GENERATORS
from synth_pipeline.spec.source import FileSource

ROWS = 1200
ZOO = Path("synth_pipeline/defs/zoo/defs.yaml")

WHOLE = """\
type: synth_pipeline.SyntheticDataset

attributes:
  name: zoo
  description: Visits to a zoo.
  owners: [zoo@example.org, "team:animals"]
  source:
    kind: file
    path: data/zoo.csv
  columns:
    code: {kind: category}
  exclude: [note, spare]
  key: visit
  entity: visitor
  target: returned
  sensitive: [age, returned]
  shares: {train: 0.5, holdout: 0.3, sealed: 0.2}
  rows: 900
  fit_rows: 1000
  seed: 7
  csv: true
  schedule:
    cron: "0 3 * * 1"
    each_tick: new_seed
  watch_source: true
  drift:
    tolerance: 0.1
    every_seconds: 60
  retries: 1
  generator:
    kind: forest
    donors: 50
    blur: 0.4
"""


def zoo(rows: int = ROWS) -> pd.DataFrame:
    numbers = range(rows)
    return pd.DataFrame(
        {
            "visit": [f"v{n}" for n in numbers],
            "visitor": [f"p{n // 2}" for n in numbers],
            "age": [n * 7 % 83 for n in numbers],
            "spent": [n * 13 % 997 / 100 for n in numbers],
            "city": [f"city{n % 5}" for n in numbers],
            "animal": [f"animal{n % 30}" for n in numbers],
            "code": [f"{n % 9}" for n in numbers],
            "planet": ["earth" for _ in numbers],
            "note": [f"the visitor number {n} said that it was nice and left" for n in numbers],
            "spare": list(numbers),
            "returned": [n % 3 == 0 for n in numbers],
        }
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project with one data set that has no mistakes."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("data", ZOO.parent, "dbt_project/models/zoo", "expectations"):
        (root / folder).mkdir(parents=True)
    zoo().to_csv(root / "data/zoo.csv", index=False)
    zoo(300).to_csv(root / "data/small.csv", index=False)
    with duckdb.connect(str(root / "data/zoo.duckdb")) as connection:
        connection.sql(f"CREATE TABLE visits AS FROM read_csv('{root / 'data/zoo.csv'}')")
    (root / "zoo_sources.py").write_text("def none():\n    return 3\n")
    shutil.copytree(ROOT / "expectations/default", root / "expectations/default")
    shutil.copy(ROOT / "expectations/error_budget.json", root / "expectations")
    (root / "dbt_project/dbt_project.yml").write_text("name: x\nvars:\n  datasets: [zoo]\n")
    for model in ("stg_zoo__train", "stg_zoo__holdout", "stg_zoo__sealed", "stg_zoo__synthetic", "zoo__training_mix"):
        (root / f"dbt_project/models/zoo/{model}.sql").write_text("select 1")
    (root / ZOO).write_text(WHOLE)
    return root


@pytest.fixture
def own(project, tmp_path) -> Path:
    """A copy of the project that a test may break."""
    return shutil.copytree(project, tmp_path / "own")


def found_in(root: Path, text: str, *, deep: bool = False) -> list[Mistake]:
    """What is said of this text, in the place of the whole declaration."""
    file = root / ZOO
    file.write_text(text)
    try:
        return mistakes(file, root=root, deep=deep)
    finally:
        file.write_text(WHOLE)


def everything(root: Path, only: str | None = None) -> list[Mistake]:
    defs, suites = root / "synth_pipeline/defs", Suites(root / "expectations")
    return all_mistakes(defs, root=root, suites=suites, dbt_project=root / "dbt_project", only=only)


def swap(old: str, new: str) -> str:
    assert WHOLE.count(old) == 1, old
    return WHOLE.replace(old, new)


def ruled(*lines: str, top: str = "") -> str:
    """With constraints, whose first line is line 31."""
    return swap(
        "  generator:\n", "\n".join([f"  constraints: {top}", *(f"    {one}" for one in lines), "  generator:\n"])
    )


def asked(*lines: str) -> str:
    """With conditions, whose first line is line 31."""
    return swap("  generator:\n", "\n".join(["  conditions:", *(f"    {one}" for one in lines), "  generator:\n"]))


FILE = "kind: file\n    path: data/zoo.csv"
KINDS = ", ".join(GENERATORS)

# text, line, field, words of the problem, words of the fix
SHALLOW = {
    "bracket left open": (swap("[note, spare]", "[note, spare"), 13, "", "no valid YAML", "bracket left open"),
    "quote left open": (swap('"0 3 * * 1"', '"0 3 * * 1'), 23, "", "no valid YAML", "quote"),
    "colon missing": (swap("  seed: 7", "  seed 7"), 20, "", "no valid YAML", "missing ':'"),
    "wrong indentation": (swap("    path: data", "   path: data"), 9, "", "no valid YAML", "indentation"),
    "tab": (swap("  seed: 7", "\tseed: 7"), 20, "", "tab", "spaces"),
    "unquoted template": (swap("seed: 7", "seed: {{ env.SEED }}"), 20, "", "no plain text", "quotes"),
    "two documents": (WHOLE + "---\ntype: x\n", 34, "", "second document", "folder of its own"),
    "control character": (swap("Visits", "Vis\x07its"), 5, "", "control character", "delete"),
    "alias to itself": (swap("[age, returned]", "&a [*a]"), 16, "", "an alias", "look here"),
    "mistagged": (swap("seed: 7", "seed: !!int x"), 20, "", "a number that it is not", "look here"),
    "nameless column": (swap("code: {", "21: {"), 11, "columns.21", "is a number", "in quotes"),
    "nameless field": (swap("csv: true", "21: true"), 21, "21", "must be text, and is 21", "in quotes"),
    "empty": ("", 1, "", "empty", "type: synth_pipeline.SyntheticDataset"),
    "only a comment": ("# nothing\n", 1, "", "empty", "attributes:"),
    "no attributes": ("type: synth_pipeline.SyntheticDataset\n", 1, "attributes", "missing", "'name:' and 'source:'"),
    "empty attributes": (WHOLE.partition("  name")[0], 3, "attributes", "no fields", "'name:' and 'source:'"),
    "wrong type": (
        swap("SyntheticDataset", "SyntheticData"), 1, "type", "no data set", "synth_pipeline.SyntheticDataset",
    ),
    "missing type": (WHOLE.partition("\n")[2], 1, "type", "missing", "synth_pipeline.SyntheticDataset"),
    "unknown field of the file": (WHOLE + "requirement: {}\n", 34, "requirement", "no known", "'requirements'"),
    "field not indented": (WHOLE + "target: age\n", 34, "target", "no known", "indent it under 'attributes:'"),
    "unknown field": (swap("target:", "taget:"), 15, "taget", "no known field", "did you mean 'target'"),
    "unheard-of field": (
        swap("seed: 7", "colour: red"), 20, "colour", "no known field", "fields are name, description",
    ),
    "field in the wrong place": (swap("blur: 0.4", "target: age"), 33, "generator.target", "forest", "right under"),
    "inner field outside": (swap("seed: 7", "donors: 7"), 20, "donors", "no known field", "under 'generator:'"),
    "missing name": (swap("  name: zoo\n", ""), 3, "name", "missing", "add 'name:'"),
    "missing source": (swap(f"  source:\n    {FILE}\n", ""), 3, "source", "missing", "add 'source:'"),
    "missing source.kind": (swap("    kind: file\n", ""), 7, "source.kind", "missing", "file, duckdb, python"),
    "missing source.path": (swap("    path: data/zoo.csv\n", ""), 7, "source.path", "missing", "ending in .csv"),
    "missing cron": (swap('    cron: "0 3 * * 1"\n', ""), 22, "schedule.cron", "missing", "cron"),
    "no value": (swap("seed: 7", "seed:"), 20, "seed", "no value", "delete the line"),
    "rows as a word": (swap("rows: 900", "rows: many"), 18, "rows", "whole number, and is 'many'", "at least 1"),
    "rows as a fraction": (swap("rows: 900", "rows: 9.5"), 18, "rows", "whole number, and is 9.5", "at least 1"),
    "negative seed": (swap("seed: 7", "seed: -1"), 20, "seed", "at least 0", "below 4,294,967,296"),
    "csv neither": (swap("csv: true", "csv: maybe"), 21, "csv", "true or false", "without quotes"),
    "name of bad characters": (swap("name: zoo", "name: My Zoo!"), 4, "name", "small letters", "'my_zoo'"),
    "name too long": (swap("name: zoo", f"name: {'z' * 41}"), 4, "name", "41 characters, and may have 40", "shorten"),
    "name is a number": (swap("name: zoo", "name: 12"), 4, "name", "is a number", "quotes"),
    "name unlike the folder": (swap("name: zoo", "name: zoology"), 4, "name", "folder 'zoo'", "name: zoo"),
    "duplicate key": (swap("  csv: true", "  seed: 8"), 21, "seed", "second time, after line 20", "delete one"),
    "duplicate inner key": (swap("blur: 0.4", "donors: 7"), 33, "generator.donors", "after line 32", "delete one"),
    "unknown source kind": (swap("kind: file", "kind: files"), 8, "source.kind", "'files'", "did you mean 'file'"),
    "far source kind": (swap("kind: file", "kind: s3"), 8, "source.kind", "'s3'", "file, duckdb, python"),
    "source is a word": (swap(f"source:\n    {FILE}", "source: file"), 7, "source", "'file'", "'kind: file' below it"),
    "unknown generator": (swap("kind: forest", "kind: llm"), 31, "generator.kind", "'llm'", KINDS),
    "misspelt generator": (
        swap("kind: forest", "kind: Forrest"), 31, "generator.kind", "'Forrest'", "did you mean 'forest'",
    ),
    "unknown parameter": (swap("donors: 50", "donorz: 50"), 32, "generator.donorz", "generator 'forest'", "'donors'"),
    "parameter too small": (
        swap("donors: 50", "donors: 1"), 32, "generator.donors", "at least 5 and at most 10,000, and is 1", "Least",
    ),
    "parameter too large": (swap("blur: 0.4", "blur: 9"), 33, "generator.blur", "at most 3", "smoothing"),
    "parameter not a number": (swap("blur: 0.4", "blur: soft"), 33, "generator.blur", "must be a number", "at most 3"),
    "shares beyond 1": (swap("holdout: 0.3", "holdout: 0.4"), 17, "shares", "sum to 1.1", "0.5, 0.25 and 0.25"),
    "share of 0": (swap("holdout: 0.3", "holdout: 0"), 17, "shares.holdout", "above 0", "below 1"),
    "share of 1": (swap("train: 0.5", "train: 1"), 17, "shares.train", "below 1, and is 1", "may see"),
    "cron in words": (swap('"0 3 * * 1"', "every monday"), 23, "schedule.cron", "cron", "'0 3 * * 1' for Mondays"),
    "cron of six fields": (swap('"0 3 * * 1"', '"0 0 3 * * 1"'), 23, "schedule.cron", "five fields", "weekday"),
    "unknown each_tick": (
        swap("new_seed", "newseed"), 24, "schedule.each_tick", "'newseed'", "did you mean 'new_seed'",
    ),
    "owner malformed": (swap("zoo@example.org", "zoo"), 6, "owners[0]", "'zoo'", "team:name"),
    "second owner": (swap("team:animals", "team:"), 6, "owners[1]", "'team:'", "team:name"),
    "owners no list": (swap('[zoo@example.org, "team:animals"]', "a@b.org"), 6, "owners", "a list", "[a@b.org]"),
    "unknown ending": (swap("zoo.csv", "zoo.xlsx"), 9, "source.path", "'data/zoo.xlsx'", ".parquet, .jsonl"),
    "neither table nor query": (swap(FILE, "kind: duckdb\n    path: a"), 7, "source", "'table' or 'query'", "keep"),
    "table and query": (
        swap(FILE, "kind: duckdb\n    path: a\n    table: t\n    query: q"), 7, "source", "not both", "keep the one",
    ),
    "function malformed": (
        swap(FILE, "kind: python\n    function: a.b.c"), 9, "source.function", "package.module:function", "colon",
    ),
    "unknown column type": (
        swap("{kind: category}", "{kind: number}"), 11, "columns.code.kind", "'number'", "integer, decimal",
    ),
    "column without type": (swap("{kind: category}", "category"), 11, "columns.code", "'category'", "'kind: category'"),
    "yes in a list": (swap("[note, spare]", "[note, no]"), 12, "exclude[1]", "truth value", "quotes"),
    "tolerance too large": (
        swap("tolerance: 0.1", "tolerance: 2"), 27, "drift.tolerance", "below 1, and is 2", "drift",
    ),
    "too often": (swap("every_seconds: 60", "every_seconds: 1"), 28, "drift.every_seconds", "at least 10", "two looks"),
    "too many retries": (swap("retries: 1", "retries: 99"), 29, "retries", "at most 10, and is 99", "at least 0"),
    "target is the key": (swap("target: returned", "target: visit"), 15, "target", "key or entity", "another column"),
    "target excluded": (
        swap("target: returned", "target: note"), 15, "target", "'note' is excluded", "out of 'exclude'",
    ),
    "key excluded": (swap("key: visit", "key: spare"), 13, "key", "'spare' is excluded", "out of 'exclude'"),
    "sensitive twice": (swap("[age, returned]", "[age, age]"), 16, "sensitive", "twice", "once"),
    "constraints are one": (ruled("", top="{kind: unique}"), 30, "constraints", "a list", "brackets"),
    "constraint is a word": (ruled("- unique"), 31, "constraints[0]", "'unique'", "'kind: unique' below it"),
    "unknown looks": (
        swap("{kind: category}", "{kind: identifier, like: mail}"), 11, "columns.code.like", "'mail'", "'email'",
    ),
    "looks of what is no identifier": (
        swap("{kind: category}", "{kind: category, like: email}"), 11, "columns.code.like", "only for identifiers",
        "kind: identifier",
    ),
    "unknown locale": (
        swap("{kind: category}", "{kind: identifier, like: name, locale: german}"), 11, "columns.code.locale",
        "'german' is no locale", "de_DE",
    ),
    "keys that cannot be made": (
        swap("{kind: category}", "{kind: identifier, pattern: 'a(?=b)'}"), 11, "columns.code.pattern", "look-around",
        "repetitions alone",
    ),
    "keys by a list": (
        swap("{kind: category}", "{kind: identifier, pattern: '[12]'}"), 11, "columns.code", "Dagster", "group",
    ),
    "a key that may repeat": (
        swap("code: {kind: category}", "visit: {kind: identifier, like: name}"), 11, "columns.visit", "is the key",
        "pattern instead",
    ),
    "constraint without kind": (ruled("- {columns: [age]}"), 31, "constraints[0].kind", "is missing", "order, sum"),
    "unknown constraint": (
        ruled("- {kind: ordr, columns: [age, spent]}"), 31, "constraints[0].kind", "'ordr'", "did you mean 'order'",
    ),
    "unknown field of a constraint": (
        ruled("- {kind: order, columns: [age, spent], strictly: true}"), 31, "constraints[0].strictly",
        "no known field of constraint 'order'", "'strict'",
    ),
    "constraint without columns": (
        ruled("- {kind: not_null}"), 31, "constraints[0].columns", "is missing", "add 'columns:'",
    ),
    "columns no list": (
        ruled("- {kind: not_null, columns: age}"), 31, "constraints[0].columns", "must be a list", "[age]",
    ),
    "order of one": (ruled("- kind: order", "  columns: [age]"), 32, "constraints[0].columns", "two columns", "many"),
    "combinations of none": (
        ruled("- {kind: combinations, columns: []}"), 31, "constraints[0].columns", "two columns or more, and names 0",
        "many",
    ),
    "nothing determines": (
        ruled("- {kind: determines, columns: [], of: age}"), 31, "constraints[0].columns", "name a column", "many",
    ),
    "column named twice": (
        ruled("- {kind: unique, columns: [age, spent, age]}"), 31, "constraints[0].columns[0]", "'age' is named twice",
        "once",
    ),
    "determines itself": (
        ruled("- {kind: determines, columns: [age], of: age}"), 31, "constraints[0].of", "that determine it", "another",
    ),
    "total among the parts": (
        ruled("- {kind: sum, total: age, parts: [age, spent]}"), 31, "constraints[0].parts[0]", "is the total",
        "out of the parts",
    ),
    "negative tolerance": (
        ruled("- {kind: sum, total: a, parts: [age, spent], tolerance: -1}"), 31, "constraints[0].tolerance",
        "at least 0", "at least 0",
    ),
    "min above max": (
        ruled("- kind: range", "  column: age", "  max: 1", "  min: 120"), 34, "constraints[0].min", "above max", "exc",
    ),
    "no bound": (ruled("- {kind: range, column: age}"), 31, "constraints[0]", "'min' or 'max'", "one of them"),
    "bound is a word": (
        ruled("- {kind: range, column: age, min: low}"), 31, "constraints[0].min", "must be a number, and is 'low'",
        "write a number",
    ),
    "no step": (ruled("- {kind: grid, column: age, step: 0}"), 31, "constraints[0].step", "above 0", "1970"),
    "invalid expression": (
        ruled("- {kind: pattern, column: city, regex: 'a)'}"), 31, "constraints[0].regex", "is no regular", "quotes",
    ),
    "expression that is a list": (
        ruled("- {kind: pattern, column: city, regex: '[12]'}"), 31, "constraints[0].regex", "Dagster", "group",
    ),
    "constraint twice": (
        ruled("- {kind: unique, columns: [age]}", "- {columns: [age], kind: unique}"), 30, "constraints",
        "'age unique' is declared twice, at [0] and [1]", "delete one",
    ),
    "constraint of an excluded column": (
        ruled("- {kind: unique, columns: [age]}", "- kind: order", "  columns:", "  - age", "  - note"), 35,
        "constraints[1].columns[1]", "'note' is excluded", "out of 'exclude'",
    ),
    "condition without fields": (asked("fixed: 3"), 31, "conditions.fixed", "holds 3", "below it"),
    "unknown condition": (asked("fix: {city: city1}"), 31, "conditions.fix", "no known field", "did you mean 'fixed'"),
    "value that is a list": (asked("fixed: {city: [a]}"), 31, "conditions.fixed.city", "is a list", "quotes"),
    "no bounds": (
        asked("within: {age: {}}"), 31, "conditions.within.age", "'min' or 'max'", "one of them",
    ),
    "unknown bound": (asked("within:", "  age: {least: 3}"), 32, "conditions.within.age.least", "known field", "min"),
    "no rows at least": (asked("at_least:", "  - fixed: {age: 3}"), 32, "conditions.at_least[0].rows", "missing", "a"),
    "at least no row": (
        asked("at_least:", "  - {rows: 0, fixed: {age: 3}}"), 32, "conditions.at_least[0].rows", "at least 1", "1",
    ),
    "balance of no column": (
        asked("balance:", "  - {columns: []}"), 32, "conditions.balance[0].columns", "names 0", "as many",
    ),
    "shares above all": (
        asked("balance:", "  - {columns: [city], shares: {city1: 0.7, city2: 0.7}}"), 32,
        "conditions.balance[0].shares", "sum to 1.4", "lower them",
    ),
    "balance of what is fixed": (
        asked("fixed: {city: city1}", "balance: [{columns: [city]}]"), 30, "conditions", "'city' is balanced and",
        "keep one",
    ),
    "condition on an excluded column": (
        asked("fixed:", "  age: 3", "  note: x"), 33, "conditions.fixed.note", "'note' is excluded", "'exclude'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "field", "problem", "fix"), SHALLOW.values(), ids=SHALLOW)
def test_the_file_alone(project, text, line, field, problem, fix):
    [found] = found_in(project, text)
    assert (found.file, found.line, found.field) == (ZOO, line, field), str(found)
    assert problem in found.problem
    assert fix in found.fix
    assert_plain(found)


DEEP = {
    "file missing": (swap("data/zoo.csv", "data/zo.csv"), 9, "source.path", "does not exist", "did you mean 'zoo.csv'"),
    "folder missing": (
        swap("data/zoo.csv", "dat/zoo.csv"), 9, "source.path", "does not exist", "relative one starts at",
    ),
    "path is a folder": (swap("data/zoo.csv", "folder.csv"), 9, "source.path", "is a folder", "file in it"),
    "database missing": (
        swap(FILE, "kind: duckdb\n    path: data/zoo.db\n    table: visits"), 9, "source.path", "not exist",
        "'zoo.duckdb'",
    ),
    "table missing": (
        swap(FILE, "kind: duckdb\n    path: data/zoo.duckdb\n    table: visit"), 10, "source.table", "visit",
        "'visits'",
    ),
    "query invalid": (
        swap(FILE, "kind: duckdb\n    path: data/zoo.duckdb\n    query: select nothing from visits"),
        10, "source.query", "not valid", "",
    ),
    "no database": (
        swap(FILE, "kind: duckdb\n    path: data/zoo.csv\n    table: visits"), 9, "source.path", "no DuckDB", "DuckDB",
    ),
    "module missing": (
        swap(FILE, "kind: python\n    function: nowhere:rows"), 9, "source.function", "imported", "install",
    ),
    "function missing": (
        swap(FILE, "kind: python\n    function: zoo_sources:some"), 9, "source.function", "no function 'some'",
        "name a",
    ),
    "no data frame": (
        swap(FILE, "kind: python\n    function: zoo_sources:none"), 9, "source.function", "returned int", "data frame",
    ),
    "unknown key": (swap("key: visit", "key: visits"), 13, "key", "no column 'visits'", "did you mean 'visit'"),
    "unknown entity": (swap("entity: visitor", "entity: guest"), 14, "entity", "column 'guest'", "'visit', 'visitor'"),
    "unknown target": (
        swap("target: returned", "target: Returned"), 15, "target", "'Returned'", "did you mean 'returned'",
    ),
    "unknown sensitive": (swap("[age, ret", "[agee, ret"), 16, "sensitive[0]", "'agee'", "did you mean 'age'"),
    "unknown exclude": (swap("spare]", "spar]"), 12, "exclude[1]", "no column 'spar'", "did you mean 'spare'"),
    "unknown in columns": (swap("code: {", "coda: {"), 11, "columns.coda", "no column 'coda'", "did you mean 'code'"),
    "wrong column type": (
        swap("code: {kind: category}", "city: {kind: integer}"), 11, "columns.city", "not of type integer",
        "correct them",
    ),
    "key not unique": (swap("key: visit", "key: city"), 13, "key", "shared by 1200 rows", "unique"),
    "target identifier": (
        swap("  key: visit\n", "").replace("target: returned", "target: visit"), 14, "target", "identifier",
        "another target",
    ),
    "target text": (
        swap("[note, spare]", "[spare]").replace("target: returned", "target: note"), 15, "target", "text", "another",
    ),
    "target constant": (swap("target: returned", "target: planet"), 15, "target", "single value", "varies"),
    "target of many classes": (swap("target: returned", "target: animal"), 15, "target", "30 classes", "fewer classes"),
    "too few rows": (swap("zoo.csv", "small.csv"), 7, "source", "300 rows are too few", "at least 1,000 rows"),
    "share too small": (
        swap("holdout: 0.3, sealed: 0.2", "holdout: 0.1, sealed: 0.4"), 17, "shares.holdout",
        "200 in holdout (here 120)",
        "at least 2,500 rows",
    ),
    "free text": (swap("[note, spare]", "[spare]"), 7, "source", "'note' is free text", "add 'note' to 'exclude'"),
    "declared text": (
        swap("code: {kind: category}", "city: {kind: text}"), 11, "columns.city", "free text, which generator 'forest'",
        "kind: category",
    ),
    "constraint of an unknown column": (
        ruled("- {kind: not_null, columns: [age]}", "- {kind: not_null, columns: [spent, citi]}"), 32,
        "constraints[1].columns[1]", "no column 'citi'", "did you mean 'city'",
    ),
    "order of words": (
        ruled("- {kind: order, columns: [age, city]}"), 31, "constraints[0].columns[1]", "of type category", "columns",
    ),
    "sum of words": (
        ruled("- {kind: sum, total: city, parts: [age, spent]}"), 31, "constraints[0].total", "about numbers", "other",
    ),
    "pattern of made-up names": (
        ruled("- {kind: pattern, column: visit, regex: 'v\\d+'}"), 31, "constraints[0].column", "made-up", "category",
    ),
    "combinations of made-up names": (
        ruled("- {kind: combinations, columns: [city, visitor]}"), 31, "constraints[0].columns[1]", "made-up", "delete",
    ),
    "range that real rows leave": (
        ruled("- {kind: range, column: age, max: 80}"), 31, "constraints[0]",
        "real rows break it: 28 of 1,200 rows", "(age ≤ 80), or the source",
    ),
    "dependency that real rows break": (
        ruled("- kind: determines", "  columns: [animal]", "  of: code"), 31, "constraints[0]",
        "real rows break it: 780 of 1,200 rows", "animal → code",
    ),
    "order that real rows break": (
        ruled("- {kind: order, columns: [spent, age]}"), 31, "constraints[0]", "of 1,200 rows", "spent ≤ age",
    ),
    "condition on an unknown column": (
        asked("balance:", "  - columns: [returned, citi]"), 32, "conditions.balance[0].columns[1]", "no column 'citi'",
        "did you mean 'city'",
    ),
    "condition on made-up names": (
        asked("fixed: {visitor: p1}"), 31, "conditions.fixed.visitor", "of type identifier and made up", "leave it out",
    ),
    "condition that no row meets": (
        asked("at_least:", "  - {rows: 5, fixed: {city: city9}}"), 32, "conditions.at_least[0]",
        "city = city9, which fewer than 5", "use one of city0, city1",
    ),
    "dedup without text": (
        swap("  retries: 1", "  dedup: {near: {threshold: 0.9}}"), 29, "dedup", "no column of the source is free text",
        "under 'columns'",
    ),
    "an evaluation set that is not there": (
        swap("[note, spare]", "[spare]").replace("  retries: 1", "  dedup: {against: [sealed, data/items.csv]}"), 29,
        "dedup.against[1]", "data/items.csv does not exist", "'dedup.against'",
    ),
    "an embedding that is not there": (
        swap("[note, spare]", "[spare]").replace("  retries: 1", "  dedup: {semantic: {threshold: 1, embed: 'no:n'}}"),
        29, "dedup.semantic.embed", "cannot be imported", "install it",
    ),
    "a folder without documents": (
        swap("    kind: file\n    path: data/zoo.csv", "    kind: folder\n    path: data"), 7, "source.pattern",
        "data/*.md matches no file", "'*.csv'",
    ),
    "bounds that no row meets": (
        asked("within:", "  age: {min: 90}"), 32, "conditions.within.age", "where no train row is", "choose bounds",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "field", "problem", "fix"), DEEP.values(), ids=DEEP)
def test_the_rows(project, text, line, field, problem, fix):
    (project / "folder.csv").mkdir(exist_ok=True)
    assert found_in(project, text) == []
    about_text = "free text" in problem
    [found] = [one for one in found_in(project, text, deep=True) if about_text or "free text" not in one.problem]
    assert (found.file, found.line, found.field) == (ZOO, line, field)
    assert problem in found.problem
    assert fix in found.fix
    assert_plain(found)


def drop_line(root: Path, gate: str, folder: str = "default", **change: object) -> None:
    """Change the second expectation of a suite."""
    suite = json.loads((root / f"expectations/default/{gate}.json").read_text())
    suite["expectations"][1] |= change
    (root / f"expectations/{folder}").mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(line) for line in suite["expectations"])
    (root / f"expectations/{folder}/{gate}.json").write_text(f'{{"name": "{gate}", "expectations": [\n{lines}\n]}}')


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return change


DBT = "dbt_project/dbt_project.yml"
AROUND = {
    "suite missing": (
        lambda root: (root / "expectations/default/utility.json").unlink(),
        "expectations/default/utility.json", None, "", "is missing", "restore",
    ),
    "suite of bad JSON": (
        write("expectations/zoo/utility.json", '{"name": "utility",\n"expectations": [}'),
        "expectations/zoo/utility.json", 2, "", "line 2", "mend the JSON",
    ),
    "suite of records": (
        write("expectations/zoo/grounding.json", '{"name": "grounding",\n"expectations": [}'),
        "expectations/zoo/grounding.json", 2, "", "line 2", "mend the JSON",
    ),
    "suite empty": (
        write("expectations/zoo/train.json", "{}"), "expectations/zoo/train.json", None, "", "no expectations",
        "at least one",
    ),
    "suite severity": (
        lambda root: drop_line(root, "train", "zoo", severity="fatal"),
        "expectations/zoo/train.json", 3, "expectations[1]", "'fatal' is unknown", "critical",
    ),
    "suite of no gate": (
        write("expectations/zoo/fidelty.json", "{}"), "expectations/zoo/fidelty.json", None, "", "not read",
        "'fidelity'",
    ),
    "not in dbt's list": (write(DBT, "vars:\n  datasets: []\n"), DBT, 2, "vars.datasets", "'zoo'", "datasets: [zoo]"),
    "dbt without vars": (write(DBT, "name: x\n"), DBT, None, "vars.datasets", "'zoo'", "datasets: [zoo]"),
    "dbt project broken": (write(DBT, "name: [x\n"), DBT, 1, "", "no valid YAML", "bracket"),
    "stale in dbt's list": (
        write(DBT, "vars:\n  datasets:\n    - zoo\n    - gone\n"), DBT, 4, "vars.datasets[1]", "'gone'",
        "out of the list",
    ),
    "models missing": (
        lambda root: shutil.rmtree(root / "dbt_project/models/zoo"),
        "dbt_project/models/zoo", None, "", "folder is missing", "stg_zoo__synthetic.sql",
    ),
    "one model missing": (
        lambda root: (root / "dbt_project/models/zoo/zoo__training_mix.sql").unlink(),
        "dbt_project/models/zoo", None, "", "zoo__training_mix.sql", "models/fair",
    ),
    "folder without file": (
        lambda root: (root / "synth_pipeline/defs/bare").mkdir(),
        "synth_pipeline/defs/bare", None, "", "no defs.yaml", "write a defs.yaml into it",
    ),
    "file of another name": (
        write("synth_pipeline/defs/bare/defs.yml", WHOLE),
        "synth_pipeline/defs/bare", None, "", "no defs.yaml", "rename defs.yml",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "file", "line", "field", "problem", "fix"), AROUND.values(), ids=AROUND)
def test_what_is_around(own, change, file, line, field, problem, fix):
    change(own)
    [found] = [one for one in everything(own) if one.file == Path(file)]
    assert (found.line, found.field) == (line, field)
    assert problem in found.problem
    assert fix in found.fix
    assert_plain(found)


def test_names_that_two_folders_share(own):
    write("synth_pipeline/defs/zoo2/defs.yaml", WHOLE)(own)
    [found] = [one for one in everything(own) if "already the name" in one.problem]
    assert (str(found.file), found.line, found.field) == ("synth_pipeline/defs/zoo2/defs.yaml", 4, "name")
    assert str(ZOO) in found.problem
    assert "name it 'zoo2'" in found.fix


def test_nested_folders_of_one_name(own):
    write("synth_pipeline/defs/team/zoo/defs.yaml", WHOLE)(own)
    [found] = everything(own)
    assert (str(found.file), found.line, found.field) == (str(ZOO), 4, "name")
    assert "another name, and its folder too" in found.fix


def test_one_data_set_only(own):
    write("synth_pipeline/defs/other/defs.yaml", "")(own)
    assert everything(own, only="zoo") == []
    assert everything(own, only="other")[0].file.parent.name == "other"
    with pytest.raises(SynthError, match="did you mean 'zoo'"):
        everything(own, only="zo")


def test_many_mistakes_at_once(project):
    text = swap("rows: 900", "rows: many").replace("donors: 50", "donorz: 50").replace("zoo.csv", "zo.csv")
    found = found_in(project, text, deep=True)
    assert [one.field for one in found] == ["rows", "generator.donorz", "source.path"]


def test_all_unknown_columns_at_once(project):
    text = swap("key: visit", "key: a1").replace("target: returned", "target: b2").replace("[age, ret", "[c3, ret")
    assert [one.field for one in found_in(project, text, deep=True)] == ["key", "target", "sensitive[0]"]


def test_a_file_that_is_no_text(project):
    file = project / "latin.yaml"
    file.write_bytes("type: \xe9".encode("latin-1"))
    [found] = mistakes(file, root=project)
    assert "UTF-8" in found.fix
    [found] = mistakes(project / "nothing.yaml", root=project)
    assert "cannot be read" in found.problem


TEMPLATES = {
    "number": swap("seed: 7", 'seed: "{{ env.SEED }}"'),
    "kind": swap("kind: file", 'kind: "{{ env.KIND }}"'),
    "path": swap("data/zoo.csv", '"{{ env.FOLDER }}/zoo"'),
    "name": swap("name: zoo", 'name: "{{ env.NAME }}"'),
    "target": swap("target: returned", 'target: "{{ env.TARGET }}"'),
    "shares": swap("train: 0.5", 'train: "{{ env.TRAIN }}"'),
    "cron": swap('"0 3 * * 1"', '"{{ env.CRON }}"'),
    "owner": swap("zoo@example.org", '"{{ env.OWNER }}"'),
    "generator": swap("kind: forest", 'kind: "{{ env.GENERATOR }}"'),
    "group": swap("{kind: category}", '"{{ env.KINDS }}"'),
}


@pytest.mark.parametrize("text", TEMPLATES.values(), ids=TEMPLATES)
def test_templates_are_left_to_dagster(project, text):
    assert found_in(project, text, deep=True) == []
    with_mistake = text.replace("retries: 1", "retries: 99")
    assert [one.field for one in found_in(project, with_mistake, deep=True)] == ["retries"]
    (project / ZOO).write_text(text)
    with pytest.raises(SynthError, match="template"):
        load(project / ZOO)
    (project / ZOO).write_text(WHOLE)


def test_a_declaration_with_everything_has_no_mistakes(project):
    assert everything(project) == []
    assert mistakes(project / ZOO, root=project) == []
    spec = load(project / ZOO)
    assert (spec.name, spec.rows, spec.generator.kind) == ("zoo", 900, "forest")
    assert isinstance(spec.source, FileSource)


def test_constraints_that_hold_are_no_mistakes(project):
    text = ruled(
        "- {kind: determines, columns: [animal], of: city}", "- {kind: combinations, columns: [animal, city]}",
        "- {kind: unique, columns: [visit]}", "- {kind: range, column: age, min: 0, max: 82}",
        "- {kind: grid, column: spent, step: 0.01}", "- {kind: pattern, column: city, regex: 'city\\d'}",
        "- {kind: not_null, columns: [visit, age]}", "- {kind: determines, columns: [visitor, age], of: spent}",
    )  # fmt: skip
    assert found_in(project, text, deep=True) == []
    templated = text.replace("max: 82", 'max: "{{ env.MOST }}"')
    assert found_in(project, templated, deep=True) == []


def test_conditions_that_can_be_met_are_no_mistakes(project):
    text = asked(
        "fixed: {planet: earth}", "within: {age: {min: 10, max: '70'}, spent: {min: 0.5}}",
        "balance: [{columns: [returned], shares: {true: 0.5}}, {columns: [city]}]",
        "at_least: [{rows: 20, fixed: {code: 3}, within: {age: {max: 20}}}]",
    )  # fmt: skip
    assert found_in(project, text, deep=True) == []
    assert found_in(project, text.replace("earth", '"{{ env.PLANET }}"'), deep=True) == []


def test_all_mistakes_of_constraints_at_once(project):
    text = ruled("- {kind: unique, columns: [a1]}", "- {kind: range, column: age, max: 5}", "- {kind: not_null}")
    assert [one.field for one in found_in(project, text, deep=True)] == ["constraints[2].columns"]
    text = text.replace("    - {kind: not_null}\n", "").replace("key: visit", "key: b2")
    assert [one.field for one in found_in(project, text, deep=True)] == ["key", "constraints[0].columns[0]"]
    text = text.replace("key: b2", "key: visit")
    assert [one.field for one in found_in(project, text, deep=True)] == ["constraints[0].columns[0]", "constraints[1]"]


def test_the_shipped_data_set_has_no_mistakes():
    assert declared(DEFS)["fair"] == DEFS / "fair/defs.yaml"
    assert mistakes(DEFS / "fair/defs.yaml", root=ROOT) == []
    assert load(DEFS / "fair/defs.yaml").target == "had_affair"


def test_every_data_set_is_found_by_its_folder(project):
    assert declared(project / "synth_pipeline/defs") == {"zoo": project / ZOO}
    assert declared(project / "nowhere") == {}


def test_loading_says_all_mistakes(project):
    (project / ZOO).write_text(swap("rows: 900", "rows: many"))
    with pytest.raises(SynthError, match=r"defs.yaml:18: rows: must be a whole number, and is 'many'. Fix: write"):
        load(project / ZOO)
    (project / ZOO).write_text(swap("rows: 900", "rows: many").replace("seed: 7", "seed: -1"))
    with pytest.raises(SynthError, match=r"(?s)2 mistakes.*:18: rows.*:20: seed"):
        load(project / ZOO)
    (project / ZOO).write_text(WHOLE)


def test_a_mistake_reads_as_one_line():
    mistake = Mistake(Path("a/defs.yaml"), 12, "generator.donors", "must be at least 5, and is 1.", "write more.")
    assert str(mistake) == "a/defs.yaml:12: generator.donors: must be at least 5, and is 1. Fix: write more."
    assert str(Mistake(Path("a"), None, "", "is missing.", "add it.")) == "a: is missing. Fix: add it."


def assert_plain(mistake: Mistake) -> None:
    """No jargon of pydantic, and whole sentences."""
    text = str(mistake)
    assert not re.search(r"pydantic|https?://|Input should|Value error|Extra inputs|Source\b|Shares|Forest\b", text)
    assert mistake.problem.endswith((".", "?", "!"))
    assert mistake.fix.endswith((".", "?"))
