"""Who a record is, and on which side: the same hashes as ``SplitRule``, in SQL."""

from collections.abc import Sequence

from synth_pipeline.adapters.ingest.session import literal
from synth_pipeline.core.split.rule import SIDES, SplitRule


def keyed(key: str, rule: SplitRule) -> str:
    """The hash of a record that its key names; ``key`` is SQL for a text."""
    return f"md5({literal(rule.salt + '|key|')} || {key})"


def content(texts: Sequence[str], rule: SplitRule) -> str:
    """The hash of a row's values, given as SQL for texts.

    The length before each value keeps ('a', 'bc') and ('ab', 'c') apart, and null from every text.
    """
    parts = ", ".join(f"coalesce(length({text}) || ':' || {text}, '-')" for text in texts)
    return f"md5({literal(rule.salt + '|row|')} || concat({parts}))"


def side(unit: str) -> str:
    """The side of a unit, given as SQL for its text; takes the values of ``side_values`` as parameters."""
    position = f"CAST('0x' || left(md5($salt || '|side|' || {unit}), 13) AS UBIGINT) / $whole"
    return f"CASE WHEN {position} < $first THEN 0 WHEN {position} < $second THEN 1 ELSE 2 END"


def side_values(rule: SplitRule, name: str) -> dict[str, object]:
    """Parameters of ``side``, with ``$side`` for the number of the side that is looked for."""
    first, second = rule.bounds
    return {"salt": rule.salt, "whole": float(16**13), "first": first, "second": second, "side": SIDES.index(name)}
