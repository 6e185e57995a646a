"""Faults in text: personal data, and texts of train in other words."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind

REWORDED = 0.15  # share of the words
PERSONAL = r"[\w.+-]+@[\w-]+\.\w|\+\d{1,3}[ .-]\d|\b[A-Z]{2}\d{2}(?: ?\d{4}){3}"


def made_up_personal_data(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows of a text or category say an address, a telephone number, an account or a card of nobody.

    They are well formed, and their check digits are right.
    """
    name, stream, frame = _column(scene), scene.stream("personal", share), scene.frame()
    places = scene.places(share, stream)
    data = [MADE_UP[int(stream.integers(len(MADE_UP)))](stream) for _ in places]
    frame.loc[places, name] = [f"{said} {datum}" for said, datum in
                               zip(frame[name].iloc[places].fillna("ask"), data, strict=True)]  # fmt: skip
    return frame


def real_personal_data(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows of a text or category are those of train records that hold personal data."""
    name, stream, frame = _column(scene), scene.stream("real personal", share), scene.frame()
    real = scene.train.frame[name].dropna()
    holding = real[real.str.contains(PERSONAL)]
    if holding.empty:
        raise NotApplicable("no text of a train record holds personal data")
    places = scene.places(share, stream)
    frame.loc[places, name] = holding.iloc[stream.integers(len(holding), size=len(places))].to_list()
    return frame


def reworded(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts are those of train records, 15 % of their words replaced by words of other records."""
    name, stream, frame = scene.of(Kind.TEXT)[0], scene.stream("reworded", share), scene.frame()
    split = [said.split() for said in scene.train.frame[name].dropna()]
    words = [word for said in split for word in said]
    if not words:
        raise NotApplicable("no text of a train record has a word")
    places = scene.places(share, stream)
    frame.loc[places, name] = [
        " ".join(words[stream.integers(len(words))] if stream.random() < REWORDED else word for word in split[source])
        for source in stream.permutation(len(split)).take(range(len(places)), mode="wrap")
    ]
    return frame


def _column(scene: Scene) -> str:
    """The first text, or else the category of most values."""
    texts = scene.clean.schema.of(Kind.TEXT)
    return texts[0] if texts else max(scene.of(Kind.CATEGORY), key=scene.distinct)


def _address(stream: np.random.Generator) -> str:
    return f"someone.{stream.integers(10**6)}@home{stream.integers(10**4)}.example"


def _telephone(stream: np.random.Generator) -> str:
    """Numbers with 555-01 after the area are kept free for fiction."""
    return f"+1 {stream.integers(201, 990)} 555 01{stream.integers(10, 100)}"


def _account(stream: np.random.Generator) -> str:
    """A German bank account number of bank 00000000, which there is not; check digits by ISO 13616."""
    number = int(stream.integers(10**10))
    check = 98 - int(f"{number:018d}131400") % 97  # 1314 stands for DE
    return f"DE{check:02d}{number:018d}"


def _card(stream: np.random.Generator) -> str:
    """A card number that begins with 9, which no network of banks gives out; check digit by ISO/IEC 7812-1."""
    digits = [9, *stream.integers(10, size=14).tolist()]
    total = sum(sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits))
    return "".join(map(str, [*digits, -total % 10]))


MADE_UP: tuple[Callable[[np.random.Generator], str], ...] = (_address, _telephone, _account, _card)
