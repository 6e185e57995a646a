"""The privacy page: what was attacked, how, and what an attacker gained over somebody without the synthetic table."""

from dataclasses import dataclass

from synth_pipeline.core.verdict import Verdict
from synth_pipeline.reports.sections import Row, Section
from synth_pipeline.reports.words import chance, number, percent

# What the attacker does, and whether the number is a share of records or one to be compared with a half.
_ATTACKS = {
    ("exact_copies", "found"): "looks records up in the synthetic table, whole rows",
    ("exact_copies", "members"): "looks up rows that few others resemble",
    (
        "nearest_records",
        "members among the closest",
    ): "takes the records closest to some synthetic row for trained ones",
    ("unique_tuples", "members among the highest scores"): "looks up unusual combinations of a few columns",
    ("verbatim_text", "found"): "looks up words in a row in the synthetic texts",
    ("entities", "found"): "looks up names and identifiers in the synthetic texts",
    ("paraphrases", "leaked"): "aligns texts, though words were replaced or dropped",
    ("paraphrases", "members among the closest"): "takes the texts that are followed most closely for trained ones",
    ("text_neighbours", "members among the closest"): "takes the texts of the most similar words for trained ones",
    ("text_neighbours", "auc"): "ranks texts by how similar the words of a synthetic one are",
    ("membership", "members among the surest"): "guesses with a model that was taught what leaks look like",
    ("membership", "auc"): "ranks records by how likely they were trained on",
    ("singling_out", "risk"): "guesses conditions that only one person meets",
    ("linkability", "risk"): "links two halves of a record over one synthetic row",
    ("inference", "risk"): "infers a column from the nearest synthetic row",
    ("inference", "disclosure"): "infers a column by a model taught on the synthetic table",
    ("identifiers", "found"): "looks identifiers up in the synthetic table",
    ("canaries", "right"): "guesses which planted records were trained on",
}


@dataclass(frozen=True, slots=True)
class Attack:
    """One line of the page, in words."""

    does: str
    subject: str
    trained: str
    control: str
    gained: str
    chance: str
    verdict: Verdict | None


def attacks(found: list[Section]) -> list[Attack]:
    """All attacks that were measured, those with most to say first within their check."""
    rows = [row for section in found if section.private for row in section.rows if row.measured]
    return [_attack(row) for row in rows if (row.check, row.metric) in _ATTACKS]


def _attack(row: Row) -> Attack:
    gained = row.value - row.baseline
    said = "nothing" if gained <= 0 else f"{number(100 * gained)} points"
    return Attack(_ATTACKS[row.check, row.metric], row.subject, percent(row.value), percent(row.baseline), said,
                  chance(row.p_value), row.verdict)  # fmt: skip
