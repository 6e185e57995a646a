"""Columns of personal data are found and become identifiers; columns that only look a little like them do not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.ingest import ingest, inspect, read_frame
from synth_pipeline.adapters.ingest.parts import read_real
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.rule import SplitRule
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators.identities import made_anew
from synth_pipeline.library import audit
from synth_pipeline.spec import Column, ColumnOverride, FileSource, Kind, Like, Schema, Shares
from synth_pipeline.stages.foresight import smallest_leak

ROWS = 300


def made(like: str, locale: str = "en_US", rows: int = ROWS) -> pd.Series:
    return made_anew(Column(name="x", kind=Kind.IDENTIFIER, like=like, locale=locale), rows, Seed(7))


def digits(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(10 ** (count - 1), 10**count, ROWS)


def some(*words: str, rows: int = ROWS) -> list[str]:
    return list(np.random.default_rng(2).choice(words, rows))


def found(folder: Path, name: str, values: object) -> Column:
    path = folder / "t.parquet"
    pd.DataFrame({name: values, "other": np.arange(len(values)) % 7}).to_parquet(path)
    return read_frame(path)[1][name]


def numbered(head: str, rows: int = ROWS) -> list[str]:
    return [f"{head} {place}" for place in range(rows)]


ADJECTIVES = ("Old", "Red", "Green", "Light", "Crisp", "Fresh", "Wild", "Golden", "Smoked", "Salted")
NOUNS = ("Cheese", "Salmon", "Bread", "Coffee", "Honey", "Butter", "Pepper", "Sausage", "Juice", "Rice")
PRODUCTS = [f"{one} {two} {three}" for one in ADJECTIVES for two in ADJECTIVES for three in NOUNS][:ROWS]
PLANTED = {
    "e-mail by value": ("c7", made("email"), "email"),
    "e-mail with some gaps": ("c7", made("email").mask(np.arange(ROWS) % 5 == 0), "email"),
    "e-mail of 30 people": ("c7", list(made("email", rows=30)) * 10, "email"),
    "iban": ("c7", made("iban", "de_DE"), "iban"),
    "card as text": ("c7", made("card"), "card"),
    "card as numbers": ("c7", made("card").astype("int64"), "card"),
    "card as floats with gaps": ("c7", made("card").astype("float").mask(np.arange(ROWS) % 9 == 0), "card"),
    "social security number": ("c7", [f"{a}-{b}-{c}" for a, b, c in zip(100 + digits(3) % 500, 10 + digits(2) % 80,
                                                                       digits(4), strict=True)], "ssn"),
    "telephone by plus sign": ("c7", [f"+49 171 {number}" for number in digits(7)], "phone"),
    "telephone by name": ("Mobile phone", made("phone"), "phone"),
    "telephone in German": ("telefonnummer telefon", made("phone", "de_DE"), "phone"),
    "telephone as numbers": ("phoneNumber", digits(10), "phone"),
    "telephone as floats with gaps": ("phone", pd.Series(digits(10)).mask(digits(3) % 4 == 0), "phone"),
    "network address": ("client_ip", made("ip"), "ip"),
    "first names": ("first_name", made("first_name"), "first_name"),
    "first names in German": ("Vorname", made("first_name", "de_DE"), "first_name"),
    "surnames": ("surname", made("last_name"), "last_name"),
    "last names": ("LastName", made("last_name"), "last_name"),
    "names of patients": ("patient name", made("name"), "name"),
    "full names": ("full_name", made("name", "fr_FR"), "name"),
    "names, as the whole name of the column": ("Name", made("name"), "name"),
    "names with titles": ("Name", [f"{a}, Mr. {b}" for a, b in zip(made("last_name"), made("first_name"), strict=True)],
                          "name"),
    "addresses": ("home_address", made("address"), "address"),
    "streets": ("Street", made("street", "de_DE"), "address"),
}  # fmt: skip
CLEAN = {
    "twelve products": ("name", some(*PRODUCTS[:12]), Kind.CATEGORY),
    "many products": ("name", PRODUCTS, Kind.CATEGORY),
    "products with numbers": ("product_name", numbered("Lamp"), Kind.CATEGORY),
    "twelve customers": ("customer_name", some(*made("name", rows=12)), Kind.CATEGORY),
    "countries": ("country", some("France", "Spain", "Italy", "Chad"), Kind.CATEGORY),
    "cities": ("city", made("city"), Kind.CATEGORY),
    "support desks": ("email", some("a@b.org", "c@d.org", "e@f.org"), Kind.CATEGORY),
    "whether there is a phone": ("phone", some("yes", "no"), Kind.CATEGORY),
    "kinds of phone": ("phone", some(*[f"model {n}" for n in range(30)]), Kind.CATEGORY),
    "number of phones": ("phones", digits(1), Kind.INTEGER),
    "amounts": ("phone_bill", digits(4) / 100, Kind.DECIMAL),
    "seconds on the phone": ("phone_seconds", digits(5), Kind.INTEGER),
    "large numbers": ("balance", digits(16), Kind.INTEGER),
    "money as floats": ("card_limit", digits(8) / 1.0 * 100, Kind.INTEGER),
    "e-mail counts": ("email", digits(2), Kind.INTEGER),
    "codes like telephones": ("part", [f"{a}-{b}" for a, b in zip(digits(3), digits(4, 3), strict=True)],
                              Kind.CATEGORY),
    "versions": ("release", [f"{n % 3}.{n % 7}.{n % 11}.{n % 13}" for n in range(ROWS)], Kind.CATEGORY),
    "steps of an address space": ("memory_address", [f"0x{n:04x} " for n in digits(5)], Kind.CATEGORY),
    "words": ("last status", some(*ADJECTIVES, *NOUNS, "Oak", "Elm"), Kind.CATEGORY),
    "first choices": ("first_choice", some(*ADJECTIVES, *NOUNS, "Oak", "Elm"), Kind.CATEGORY),
    "file names": ("file_name", [f"{word}.txt" for word in some(*NOUNS)], Kind.CATEGORY),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "like"), PLANTED.values(), ids=PLANTED)
def test_planted_personal_data_are_found(tmp_path, name, values, like):
    column = found(tmp_path, name, values)
    assert (column.kind, column.like, column.grid) == (Kind.IDENTIFIER, like, None)
    assert column.nullable == pd.Series(values).isna().any()


@pytest.mark.parametrize(("name", "values", "kind"), CLEAN.values(), ids=CLEAN)
def test_other_data_are_left_alone(tmp_path, name, values, kind):
    column = found(tmp_path, name, values)
    assert column.like is None
    assert column.kind == kind or (kind is Kind.CATEGORY and column.kind is Kind.IDENTIFIER and column.like is None)


@pytest.mark.parametrize("rows", [19, 20])
def test_from_twenty_values_on(tmp_path, rows):
    assert (found(tmp_path, "x", made("email", rows=rows)).like is not None) == (rows == 20)


def test_a_tenth_of_other_values_is_the_most(tmp_path):
    mixed = made("email").where(np.arange(ROWS) % 12 > 0, [f"none {n}" for n in range(ROWS)])
    assert found(tmp_path, "x", mixed).like is Like.EMAIL
    mixed = made("email").where(np.arange(ROWS) % 6 > 0, [f"none {n}" for n in range(ROWS)])
    assert found(tmp_path, "x", mixed).like is None


def test_the_order_of_rows_does_not_matter(tmp_path):
    values = pd.Series(made("email", rows=6_000)).where(np.arange(6_000) % 11 > 0, "nothing at all")
    first, second = (found(tmp_path, "x", v.reset_index(drop=True)) for v in (values, values[::-1]))
    assert first == second


def source(folder: Path) -> FileSource:
    pd.DataFrame({"mail": made("email"), "tel": [f"+1 {n}" for n in digits(9)], "n": digits(2)}).to_csv(
        folder / "t.csv", index=False
    )
    return FileSource(kind="file", path=str(folder / "t.csv"))


def test_a_declaration_overrules(tmp_path):
    overrides = {"mail": ColumnOverride(kind="category"), "tel": ColumnOverride(kind="identifier", pattern="T[0-9]{6}")}
    schema = inspect(source(tmp_path), root=tmp_path, overrides=overrides)[0]
    assert (schema["mail"].kind, schema["mail"].like) == ("category", None)
    assert (schema["tel"].kind, schema["tel"].like, schema["tel"].pattern) == ("identifier", None, "T[0-9]{6}")
    german = {"mail": ColumnOverride(kind="identifier", like="phone", locale="de_DE")}
    schema = inspect(source(tmp_path), root=tmp_path, overrides=german)[0]
    assert (schema["mail"].like, schema["mail"].locale) == ("phone", "de_DE")


def test_a_key_keeps_the_looks_that_are_unique(tmp_path):
    frame = pd.DataFrame({"mail": made("email"), "full_name": made("name", rows=2_000).drop_duplicates()[:ROWS].array})
    frame.to_csv(tmp_path / "k.csv", index=False)
    keyed = FileSource(kind="file", path=str(tmp_path / "k.csv"))
    assert inspect(keyed, root=tmp_path, key="mail")[0]["mail"].like is Like.EMAIL
    assert inspect(keyed, root=tmp_path, key="full_name")[0]["full_name"].like is None


def test_the_schema_survives_json_and_is_enforced(tmp_path):
    given, out = source(tmp_path), tmp_path / "o.parquet"
    rule = SplitRule("x", Shares())
    schema = ingest(given, out, root=tmp_path, rule=rule, key=None, entity=None)
    again = Schema.model_validate_json(schema.model_dump_json())
    assert again == schema and again["mail"].like is Like.EMAIL
    assert ingest(given, out, root=tmp_path, rule=rule, key=None, entity=None, schema=again) == schema


def test_the_schema_of_other_tables_is_written_as_before(tmp_path):
    assert set(found(tmp_path, "x", digits(2)).model_dump()) == {"name", "kind", "grid", "nullable"}


def test_a_part_of_few_rows_follows_the_other(tmp_path):
    frame = pd.DataFrame({"mail": made("email"), "n": digits(2)})
    schema, _ = read_real({"train": frame, "holdout": frame.head(12)})
    assert (schema["mail"].kind, schema["mail"].like) == ("identifier", "email")


def test_no_name_of_a_locale_is_needed_to_refuse_numbers(tmp_path):
    assert found(tmp_path, "name", [f"Anna Smith {n}" for n in range(ROWS)]).like is None


def test_two_records_may_have_one_name_and_a_key_may_not():
    """In an audit: a name on both sides of a split is no shared record."""
    frame = pd.DataFrame({"full_name": made("name", rows=2_000), "mail": made("email", rows=2_000),
                          "n": np.arange(2_000) % 53})  # fmt: skip
    assert set(frame["full_name"][:1_000]) & set(frame["full_name"][1_000:])
    parts = frame[:1_000], frame[1_000:], frame[:1_000].assign(n=3, mail=made("email", rows=3_000)[2_000:].array)
    found = audit(*parts, preset="quick", key="mail").findings
    assert found["check"].eq("identifiers").any()
    shared = parts[1].reset_index(drop=True)
    shared.loc[:4, "mail"] = parts[0]["mail"].iloc[:5].to_numpy()
    with pytest.raises(SynthError, match="share 5 records, by their 'mail'"):
        audit(parts[0], shared, parts[2], preset="quick", key="mail")


def test_what_is_made_anew_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("synth_pipeline.stages.foresight._measured", lambda *_: "none")
    declared = {"name": "x", "source": source(tmp_path).model_dump(), "columns": {"tel": {"kind": "category"}}}
    said = smallest_leak(DatasetSpec.model_validate(declared), tmp_path)
    assert said.splitlines() == ["x: made anew, and never learned: mail (email)",
                                 "x: the smallest leak that an audit would catch: none"]  # fmt: skip
