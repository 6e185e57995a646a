"""The documents of a table, by name."""

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind

_TEXTUAL = (Kind.TEXT, Kind.CATEGORY)
_NAMES = (Kind.IDENTIFIER, Kind.CATEGORY, Kind.INTEGER)


def documents_of(table: Table, text: str, name: str) -> dict[str, str]:
    """Each document by its name, in order; raises SynthError for columns that are not there or do not fit.

    Rows without a text are no documents.
    """
    for column, kinds in ((text, _TEXTUAL), (name, _NAMES)):
        if column not in table.schema.names:
            known = ", ".join(table.schema.names)
            raise SynthError(f"Labels: there is no column {column!r}.", f"name one of {known}.")
        if table.schema[column].kind not in kinds:
            raise SynthError(f"Labels: column {column!r} is of type {table.schema[column].kind}.",
                             f"name one of type {' or '.join(kinds)}, or declare it so under 'columns'.")  # fmt: skip
    names = table.frame[name]
    if names.isna().any() or names.duplicated().any():
        told = "is missing in some rows" if names.isna().any() else "has a value twice"
        raise SynthError(f"Labels: column {name!r} {told}, and it is to name the documents.",
                         "name another column as 'id', or mend the source.")  # fmt: skip
    known = table.frame[text].notna().to_numpy()
    return dict(zip(names[known].astype("str"), table.frame[text][known], strict=True))
