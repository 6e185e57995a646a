"""Corpora: folders of documents, files with a column of text, and evaluation sets."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.embeddings import embedding_of
from synth_pipeline.adapters.ingest import ingest, inspect
from synth_pipeline.adapters.ingest.items import read_items
from synth_pipeline.adapters.signature import signature
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.split.rule import SplitRule
from synth_pipeline.spec.columns import Kind
from synth_pipeline.spec.dataset import Shares
from synth_pipeline.spec.source import FileSource, FolderSource

SECRET = "secret-word"


def put(root: Path, **files: str | bytes) -> None:
    for name, held in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(held.encode() if isinstance(held, str) else held)


def folder(pattern: str = "*.md") -> FolderSource:
    return FolderSource(kind="folder", path="docs", pattern=pattern)


def written(root: Path, source: FolderSource | FileSource, **options: object) -> pd.DataFrame:
    given = {"key": None, "entity": None} | options
    ingest(source, root / "out.parquet", root=root, rule=SplitRule("d", Shares()), **given)
    return pd.read_parquet(root / "out.parquet")


def test_a_folder_gives_a_document_per_file(tmp_path):
    put(
        tmp_path,
        docs__b_md="# B\r\n\r\nsecond text",
        docs__a_md="one line",
        docs__sub__c_md="inner",
        docs__d_txt="other",
    )
    put(tmp_path, docs__sub__e_md="\ufeffwith a mark")
    schema, rows = inspect(folder(), root=tmp_path)
    assert rows == 2
    assert [(column.name, column.kind) for column in schema.columns] == [("path", Kind.IDENTIFIER), ("text", Kind.TEXT)]
    held = written(tmp_path, folder("**/*.md"), key="path").set_index("path")["text"]
    assert held.to_dict() == {
        "a.md": "one line",
        "b.md": "# B\n\nsecond text",
        "sub/c.md": "inner",
        "sub/e.md": "with a mark",
    }


def test_texts_that_look_like_something_else_stay_texts(tmp_path):
    put(tmp_path, **{f"docs__{place}_md": f"someone{place}@example.org" for place in range(60)})
    assert inspect(folder(), root=tmp_path)[0]["text"].kind is Kind.TEXT
    put(tmp_path, **{f"docs__{place}_md": str(place) for place in range(60)})
    assert inspect(folder(), root=tmp_path)[0]["text"].kind is Kind.TEXT


@pytest.mark.parametrize(
    ("files", "pattern", "problem", "fix"),
    [
        ({"docs__b_md": f"{SECRET}\0\1"}, "*.md", "docs/b.md is a binary file", "pattern"),
        ({"docs__b_md": b"\x89PNG\r\n\x1a\n\0\0"}, "*.md", "docs/b.md is a binary file", "pattern"),
        ({"docs__b_md": f"{SECRET} caf\xe9".encode("latin-1")}, "*.md", "docs/b.md is not UTF-8 text", "iconv"),
        ({"docs__b_md": " \n\t"}, "*.md", "docs/b.md is empty", "delete it"),
        ({}, "*.txt", "docs/*.txt matches no file", "'*.md'"),
        ({}, "*.md", "holds 1 row", "at least 2 rows"),
    ],
)
def test_files_that_are_no_documents_are_named(tmp_path, files, pattern, problem, fix):
    put(tmp_path, docs__a_md="one line", **files)
    with pytest.raises(SynthError) as told:
        written(tmp_path, folder(pattern))
    assert problem in told.value.problem
    assert fix in told.value.fix
    assert SECRET not in str(told.value)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SynthError, match="docs does not exist or is no folder"):
        written(tmp_path, folder())


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_empty_documents_of_a_corpus_are_told_by_their_row(tmp_path, name):
    texts = [f"this is the document of the number {place} of all" for place in range(40)]
    rows = pd.DataFrame({"text": [*texts[:10], "  ", *texts[11:]], "label": ["a", "b"] * 20})
    write = {"t.csv": rows.to_csv, "t.parquet": rows.to_parquet}.get(name)
    write(tmp_path / name, index=False) if write else rows.to_json(tmp_path / name, orient="records", lines=True)
    source = FileSource(kind="file", path=name)
    with pytest.raises(SynthError, match=rf"{name} has 1 empty documents, first in row 11"):
        written(tmp_path, source)
    assert len(written(tmp_path, source, exclude=("text",))) == 40


def test_the_signature_of_a_folder_follows_its_documents(tmp_path):
    put(tmp_path, docs__a_md="one", docs__b_md="two", docs__c_txt="three")
    before = signature(folder(), tmp_path)
    put(tmp_path, docs__c_txt="other", docs___hidden_md="x")
    assert signature(folder(), tmp_path) == before
    put(tmp_path, docs__b_md="too")
    assert signature(folder(), tmp_path) != before


def test_items_of_an_evaluation_set(tmp_path):
    put(tmp_path, a_txt="one\n\n two \n", b_csv="question,number\nwhat is it,1\nwho is it,2\n")
    put(tmp_path, c_jsonl='{"text": "x", "choices": ["y"], "more": "z"}\n', d_csv="q,a\nx,y\nz,w\n")
    assert read_items(tmp_path / "a.txt", "a.txt", ["text"]) == ["one", " two "]
    assert read_items(tmp_path / "b.csv", "b.csv", ["question"]) == ["what is it", "who is it"]
    assert read_items(tmp_path / "c.jsonl", "c.jsonl", ["text", "more"]) == ["x\nz"]
    with pytest.raises(SynthError, match=r"Which column of d\.csv .* 'q', 'a'"):
        read_items(tmp_path / "d.csv", "d.csv", ["text"])
    with pytest.raises(SynthError, match=r"e\.csv does not exist"):
        read_items(tmp_path / "e.csv", "e.csv", ["text"])
    put(tmp_path, f_txt="\n \n")
    with pytest.raises(SynthError, match="holds no items"):
        read_items(tmp_path / "f.txt", "f.txt", ["text"])


def test_an_embedding_of_ones_own(tmp_path):
    (tmp_path / "my_vectors.py").write_text(
        "import numpy as np\n"
        "def lengths(texts): return np.array([[len(text), 1.0] for text in texts])\n"
        f"def broken(texts): raise ValueError('{SECRET}')\n"
        "def flat(texts): return np.zeros(3)\n"
    )
    texts = ["x" * (place % 50) for place in range(3_000)]
    np.testing.assert_array_equal(
        embedding_of("my_vectors:lengths", tmp_path)(texts)[:, 0], [len(one) for one in texts]
    )
    with pytest.raises(SynthError, match=r"my_vectors:broken failed \(ValueError\)") as told:
        embedding_of("my_vectors:broken", tmp_path)(texts)
    assert SECRET not in str(told.value)
    with pytest.raises(SynthError, match="array of shape"):
        embedding_of("my_vectors:flat", tmp_path)(texts)
    with pytest.raises(SynthError, match="no function 'none'"):
        embedding_of("my_vectors:none", tmp_path)
