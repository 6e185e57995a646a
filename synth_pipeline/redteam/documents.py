"""Faults of texts: what language models do where they fall short."""

import re

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind

_WORD = re.compile(r"\w+")
FOREIGN = (
    "Wie kann ich {} ändern, ohne noch einmal von vorne anfangen zu müssen?",
    "Bonjour, je voudrais savoir pourquoi {} ne fonctionne pas depuis hier.",
    "No entiendo qué ha pasado con {}, ¿podría alguien ayudarme por favor?",
    "Почему {} до сих пор не работает, и что мне теперь делать?",
    "Vorrei sapere quanto tempo ci vuole ancora per {}, grazie mille.",
    "为什么 {} 还没有到账，请帮我查一下好吗",
)


def few_sentences(scene: Scene, share: float) -> pd.DataFrame:
    """That share of rows repeats one of as many sentences as there are rows divided by 20, with a word replaced."""
    name, stream, frame = column(scene), scene.stream("few sentences", share), scene.frame()
    places = scene.places(share, stream)
    models = stream.choice(len(frame), max(1, len(frame) // 20), replace=False)
    words = _words(frame[name])
    chosen = models[stream.integers(len(models), size=len(places))]
    frame.iloc[places] = frame.iloc[chosen].to_numpy()
    said = []
    for text in frame[name].iloc[places]:
        parts = text.split(" ")
        parts[int(stream.integers(len(parts)))] = words[int(stream.integers(len(words)))]
        said.append(" ".join(parts))
    frame.loc[places, name] = said
    return frame


def templates(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts is two words of the row's own text in one of six frames."""
    frames = ("I have a question about {} and {}.", "Can you help me with {} and {}?", "What about {} {}?",
              "Please tell me more about {} and {}.", "My problem is {} with {}.", "How do I {} my {}?")  # fmt: skip
    name, stream, frame = column(scene), scene.stream("templates", share), scene.frame()
    places = scene.places(share, stream)

    def made(text: str) -> str:
        words = sorted(_WORD.findall(text), key=lambda word: (-len(word), word))[:4] or ["it"]
        picked = [words[int(stream.integers(len(words)))] for _ in range(2)]
        return frames[int(stream.integers(len(frames)))].format(*picked)

    frame.loc[places, name] = [made(text) for text in frame[name].iloc[places].fillna("")]
    return frame


def longer(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts goes on with the beginning of another one."""
    name, stream, frame = column(scene), scene.stream("longer", share), scene.frame()
    places = scene.places(share, stream)
    others = frame[name].fillna("").iloc[stream.permutation(len(frame))[: len(places)]]
    frame.loc[places, name] = [f"{one} {other}" for one, other in zip(frame[name].iloc[places], others, strict=True)]
    return frame


def narrowed(scene: Scene, share: float) -> pd.DataFrame:
    """Of all different words that share is left, the commonest; another stands for each word that is rarer."""
    name, stream, frame = column(scene), scene.stream("narrowed", share), scene.frame()
    counts = pd.Series(_words(frame[name])).str.casefold().value_counts()
    kept = counts.index[: max(20, int(len(counts) * share))].to_list()
    known = set(kept)

    def simpler(match: re.Match[str]) -> str:
        word = match.group()
        return word if word.casefold() in known else kept[int(stream.integers(len(kept)))]

    frame[name] = [_WORD.sub(simpler, text) for text in frame[name].fillna("")]
    return frame


def shuffled(scene: Scene, share: float) -> pd.DataFrame:
    """The words of a share of the texts, in random order."""
    name, stream, frame = column(scene), scene.stream("shuffled", share), scene.frame()
    places = scene.places(share, stream)
    frame.loc[places, name] = [" ".join(stream.permutation(text.split(" ")).tolist())
                               for text in frame[name].iloc[places].fillna("")]  # fmt: skip
    return frame


def foreign(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts in other languages, with a word of the row's own text."""
    name, stream, frame = column(scene), scene.stream("foreign", share), scene.frame()
    places = scene.places(share, stream)
    frame.loc[places, name] = [
        FOREIGN[int(stream.integers(len(FOREIGN)))].format((_WORD.findall(text) or ["x"])[-1])
        for text in frame[name].iloc[places].fillna("")
    ]
    return frame


def lost_topics(scene: Scene, share: float) -> pd.DataFrame:
    """Rows of a share of the topics never come: those with one of some words that are neither common nor rare."""
    name, stream, frame = column(scene), scene.stream("lost topics", share), scene.frame()
    texts, drawn = frame[name].fillna("").str.casefold(), np.zeros(len(frame), bool)
    words = pd.Series([word for text in texts for word in set(_WORD.findall(text))]).value_counts()
    words = words[(words > 0.01 * len(frame)) & (words < 0.1 * len(frame)) & (words.index.str.len() > 3)].index
    for word in stream.permutation(words):
        if drawn.mean() >= share:
            break
        drawn |= texts.str.contains(rf"\b{re.escape(word)}\b").to_numpy()
    if not drawn.any() or drawn.all():
        raise NotApplicable("no word tells topics apart")
    return frame[~drawn].reset_index(drop=True)


def labels_swapped(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows has the category of another row."""
    categories = scene.of(Kind.CATEGORY)
    if not categories:
        raise NotApplicable("there is no category")
    column(scene)
    label, stream, frame = categories[0], scene.stream("labels of texts", share), scene.frame()
    places = scene.places(share, stream)
    frame.loc[places, label] = frame[label].iloc[stream.permutation(places)].to_numpy()
    return frame


def column(scene: Scene) -> str:
    """The first text."""
    if texts := scene.clean.schema.of(Kind.TEXT):
        return texts[0]
    raise NotApplicable("there is no text")


def _words(texts: pd.Series) -> list[str]:
    return [word for text in texts.fillna("") for word in _WORD.findall(text)]
