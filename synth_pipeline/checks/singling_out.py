"""Singling out: do guesses made from the synthetic table isolate records that were trained on?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.attacks import risk
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import of_set
from synth_pipeline.checks.texts import left_to_text
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

LARGEST = 5  # columns of a guess
MOST_REAL = 20_000  # real rows that guesses are checked against


class SinglingOut:
    """Guesses that isolate a single training record.

    From the synthetic table alone an attacker guesses conditions that might hold for exactly one person:
    a rare value or an extreme of one column, or a synthetic row's values in two to five columns (equal for
    categories, at most or at least for numbers).  Value is the share of train records that some guess
    isolates among all real records (0: none, 1: all), baseline that of holdout records, which the guesses
    cannot have learned; Fisher's exact test.  Guessing at random is given in the note.  Giomi et al. 2022,
    arXiv:2211.10459.
    """

    name = "singling_out"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.effort.attacks:
            return
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        if left_to_text(evidence, 1):
            return
        if not evidence.names:
            raise Unmeasurable("There is no column to guess about.", "keep more than identifiers and text.")
        columns = _Columns.of(evidence)
        stream = evidence.seed.child(self.name).stream()
        for subject, sizes in (("one column", (1, 1)), ("several columns", (2, LARGEST))):
            if sizes[0] > len(evidence.names):
                continue
            guessed, naive = (
                _isolated(columns, columns.guesses(evidence.effort.attacks, sizes, stream, shuffled=mixed))
                for mixed in (False, True)
            )
            units, looked_at = (pool.any(_marked(len(pool.unit), rows)) for rows in (guessed, columns.rows))
            found = of_set(units[looked_at], pool.member[looked_at])
            yield risk(self.name, subject, found, len(naive) / len(columns.rows))


class _Columns:
    """All compared columns as numbers: of the real rows, shape (rows, columns), and of the synthetic ones."""

    def __init__(self, rows: np.ndarray, real: np.ndarray, made: np.ndarray, nominal: np.ndarray) -> None:
        self.rows, self.real, self.made, self.nominal = rows, real, made, nominal
        self.middle = np.nanmedian(np.where(np.isnan(made).all(0), 0, made), axis=0)

    @classmethod
    def of(cls, evidence: Evidence) -> "_Columns":
        total = sum(map(len, evidence.tables[:2]))
        rows = np.sort(evidence.seed.child("isolated").stream().permutation(total)[:MOST_REAL])
        views = [evidence.codes[name] if name in evidence.codes else evidence.numbers[name] for name in evidence.names]
        real = np.column_stack([np.concatenate(view[:2])[rows] for view in views]).astype(float)
        made = np.column_stack([view.synthetic for view in views]).astype(float)
        return cls(rows, real, made, np.array([name in evidence.codes for name in evidence.names], bool))

    def guesses(
        self, count: int, sizes: tuple[int, int], stream: np.random.Generator, *, shuffled: bool
    ) -> Iterator[list[tuple[int, float, int]]]:
        """Conditions (column, value, sign): equal where the sign is 0, else at most (-1) or at least (1).

        Shuffled guesses take every value from another synthetic row: what marginals alone tell.
        """
        width = self.made.shape[1]
        for _ in range(count):
            chosen = stream.choice(width, stream.integers(sizes[0], min(sizes[1], width) + 1), replace=False)
            row = stream.integers(len(self.made), size=len(chosen)) if shuffled else stream.integers(len(self.made))
            values = self.made[row, chosen]
            if sizes[1] == 1:
                values = self._unusual(chosen, stream)
            signs = np.where(self.nominal[chosen], 0, np.where(values < self.middle[chosen], -1, 1))
            yield list(zip(chosen.tolist(), values.tolist(), signs.tolist(), strict=True))

    def _unusual(self, chosen: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """One of the rarest levels, or one of the most extreme numbers, of a column."""
        values = self.made[:, chosen[0]]
        if self.nominal[chosen[0]]:
            levels, counts = np.unique(values, return_counts=True)
            rare = levels[counts <= max(1, np.sort(counts)[min(2, len(counts) - 1)])]
            return stream.choice(rare, 1)
        ordered = np.sort(values[~np.isnan(values)])
        if not len(ordered):
            return np.array([np.nan])
        reach = min(50, len(ordered))
        return np.array([stream.choice(np.r_[ordered[:reach], ordered[-reach:]])])


def _isolated(columns: _Columns, guesses: Iterator[list[tuple[int, float, int]]]) -> np.ndarray:
    """Positions of the real rows that are the only ones for which a guess holds."""
    out = []
    for conditions in guesses:
        holds = np.ones(len(columns.real), bool)
        for column, value, sign in conditions:
            real = columns.real[:, column]
            holds &= real == value if sign == 0 else real <= value if sign < 0 else real >= value
        if np.count_nonzero(holds) == 1:
            out.append(columns.rows[int(np.argmax(holds))])
    return np.unique(np.array(out, int))


def _marked(count: int, places: np.ndarray) -> np.ndarray:
    out = np.zeros(count, bool)
    out[places] = True
    return out
