"""Faults of texts: what language models do where they fall short."""

import re

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.space import Space

TOPICS = 20

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
    """A share of the rows repeats others, one in twenty of all, with another word in place of one of theirs."""
    name, stream = _text(scene), scene.stream("few sentences", share)
    places = scene.places(share, stream)
    models = stream.permutation(len(scene.clean))[: max(1, len(scene.clean) // 20)]
    frame = scene.repeated(places, models[stream.integers(len(models), size=len(places))])
    words = _words(scene.clean.frame[name])

    def varied(text: str) -> str:
        parts = text.split(" ")
        parts[int(stream.integers(len(parts)))] = words[int(stream.integers(len(words)))]
        return " ".join(parts)

    frame.loc[places, name] = [varied(text) for text in frame[name].iloc[places].fillna("")]
    return frame


def templates(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts is two words of the row's own text in one of six templates."""
    models = ("I have a question about {} and {}.", "Can you help me with {} and {}?", "What about {} {}?",
              "Please tell me more about {} and {}.", "My problem is {} with {}.", "How do I {} my {}?")  # fmt: skip
    name, stream, frame = _text(scene), scene.stream("templates", share), scene.frame()
    places = scene.places(share, stream)

    def made(text: str) -> str:
        words = sorted(_WORD.findall(text), key=lambda word: (-len(word), word))[:4] or ["it"]
        picked = [words[int(stream.integers(len(words)))] for _ in range(2)]
        return models[int(stream.integers(len(models)))].format(*picked)

    frame.loc[places, name] = [made(text) for text in frame[name].iloc[places].fillna("")]
    return frame


def longer(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts goes on with the beginning of another one."""
    name, stream, frame = _text(scene), scene.stream("longer", share), scene.frame()
    places = scene.places(share, stream)
    others = frame[name].fillna("").iloc[stream.permutation(len(frame))[: len(places)]]
    frame.loc[places, name] = [f"{one} {other}" for one, other in zip(frame[name].iloc[places], others, strict=True)]
    return frame


def narrowed(scene: Scene, share: float) -> pd.DataFrame:
    """Of all different words that share is left, the commonest; another stands for each word that is rarer."""
    name, stream, frame = _text(scene), scene.stream("narrowed", share), scene.frame()
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
    name, stream, frame = _text(scene), scene.stream("shuffled", share), scene.frame()
    places = scene.places(share, stream)
    frame.loc[places, name] = [" ".join(stream.permutation(text.split(" ")).tolist())
                               for text in frame[name].iloc[places].fillna("")]  # fmt: skip
    return frame


def foreign(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the texts in other languages, with a word of the row's own text."""
    name, stream, frame = _text(scene), scene.stream("foreign", share), scene.frame()
    places = scene.places(share, stream)
    frame.loc[places, name] = [
        FOREIGN[int(stream.integers(len(FOREIGN)))].format((_WORD.findall(text) or ["x"])[-1])
        for text in frame[name].iloc[places].fillna("")
    ]
    return frame


def lost_topics(scene: Scene, share: float) -> pd.DataFrame:
    """Others stand for a share of the rows: those of some of twenty clusters of texts."""
    from sklearn.cluster import KMeans

    stream = scene.stream("lost topics", share)
    words = Grams.of_words(scene.clean.frame[_text(scene)].fillna("").tolist())
    points = Space.fit(words, Seed(0), sizes=(1, 2)).points(words)
    topics = min(TOPICS, len(np.unique(points, axis=0)))
    topic = KMeans(topics, n_init=1, random_state=0).fit_predict(points)
    order = stream.permutation(topics)
    upto = np.cumsum(np.bincount(topic, minlength=topics)[order]) <= share * len(topic)
    lost = np.isin(topic, order[upto])
    if not lost.any():
        raise NotApplicable("no topic is that small")
    rest = np.flatnonzero(~lost)
    return scene.repeated(np.flatnonzero(lost), rest[stream.integers(len(rest), size=int(lost.sum()))])


def labels_swapped(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows has the category of another row."""
    _text(scene)
    label, stream, frame = scene.of(Kind.CATEGORY)[0], scene.stream("labels of texts", share), scene.frame()
    places = scene.places(share, stream)
    frame.loc[places, label] = frame[label].iloc[stream.permutation(places)].to_numpy()
    return frame


def _text(scene: Scene) -> str:
    """The first column of text."""
    return scene.of(Kind.TEXT)[0]


def _words(texts: pd.Series) -> list[str]:
    return [word for text in texts.fillna("") for word in _WORD.findall(text)]
