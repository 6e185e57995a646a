"""Personal data in text."""

import pandas as pd

from synth_pipeline.redteam.scene import Scene
from synth_pipeline.spec.columns import Kind


def personal_data(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows of a text or category quote one of train, with an address that stands in it."""
    name = scene.of(Kind.TEXT, Kind.CATEGORY)[-1]
    frame, stream = scene.frame(), scene.stream("personal", share)
    quoted = scene.train.frame[name].dropna()
    addresses = quoted[quoted.str.contains("@")]
    said = addresses if len(addresses) else pd.Series([f"call {number} or write to me@home{number}.example"
                                                       for number in range(100, 200)])  # fmt: skip
    places = stream.permutation(len(frame))[: max(1, round(share * len(frame)))]
    frame.loc[places, name] = said.iloc[stream.integers(len(said), size=len(places))].to_numpy()
    return frame
