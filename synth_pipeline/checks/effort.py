"""How much work an audit puts in: the presets of ``synth audit``."""

from dataclasses import dataclass
from typing import Literal

Preset = Literal["quick", "default", "thorough"]


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes that checks work with.  More rows and attacks find smaller leaks; nothing else changes."""

    preset: Preset
    real_rows: int  # whose nearest neighbours are searched; the synthetic side is never sampled
    subsets: int  # of columns, whose unique combinations are looked up
    attacks: int  # on each side, of every kind of attack; 0: none are made
    replicates: int  # of the bootstrap
    fits: int  # of every model in the utility check
    plants: int  # of copies at every tried size, for the minimum detectable leak

    @property
    def left_out(self) -> frozenset[str]:
        """Checks that are not asked for."""
        return frozenset() if self.attacks else frozenset({"singling_out", "linkability", "inference"})


QUICK = Effort("quick", real_rows=10_000, subsets=100, attacks=0, replicates=40, fits=5, plants=20)
DEFAULT = Effort("default", real_rows=30_000, subsets=300, attacks=2_000, replicates=40, fits=5, plants=60)
THOROUGH = Effort("thorough", real_rows=100_000, subsets=1_000, attacks=10_000, replicates=100, fits=10, plants=200)

EFFORTS: dict[Preset, Effort] = {effort.preset: effort for effort in (QUICK, DEFAULT, THOROUGH)}
