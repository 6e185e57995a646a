"""Presidio as a detector of personal data: an extra, since it brings spaCy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.personal import Datum, Detector
from synth_pipeline.core.progress import report
from synth_pipeline.spec.presidio import Presidio

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

_FETCHING = ("EmailRecognizer", "UrlRecognizer")  # load a list of domains from the net; addresses are found without
_NAMING = ("SpacyRecognizer",)  # would find no name at all, and nobody would know
_TOLD = 2_000  # texts after which progress is told


def detector(declared: Presidio | None) -> Detector | None:
    """Finds what is declared, if anything is.

    Raises SynthError where the extra, the model or a kind of datum is not there.
    """
    if declared is None:
        return None
    engine = _engine(declared)
    known = set(engine.get_supported_entities(declared.language))
    if unknown := [kind for kind in declared.entities if kind not in known]:
        raise SynthError(
            f"presidio.entities: Presidio knows no {unknown[0]!r} in {declared.language!r}"
            f"{'' if declared.model else ' without a model'}.",
            f"name some of {', '.join(sorted(known))}.",
        )

    def detect(texts: Sequence[str]) -> list[frozenset[Datum]]:
        found = []
        for number, text in enumerate(texts, 1):
            hits = engine.analyze(text, declared.language, entities=list(declared.entities) or None,
                                  score_threshold=declared.score)  # fmt: skip
            found.append(frozenset((hit.entity_type, text[hit.start : hit.end]) for hit in hits))
            if not number % _TOLD:
                report(f"presidio: {number:,} of {len(texts):,} texts")
        return found

    return detect


def _engine(declared: Presidio) -> "AnalyzerEngine":
    try:
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    except ImportError:
        raise SynthError(
            "presidio: Presidio is not installed.", "run pip install 'synth_pipeline[presidio]'."
        ) from None
    reader = _reader(declared)
    registry = RecognizerRegistry(supported_languages=[declared.language])
    registry.load_predefined_recognizers(languages=[declared.language], nlp_engine=reader)
    for name in (*_FETCHING, *([] if declared.model else _NAMING)):
        registry.remove_recognizer(name)
    return AnalyzerEngine(registry=registry, nlp_engine=reader, supported_languages=[declared.language])


def _reader(declared: Presidio) -> "SpacyNlpEngine":
    """What splits texts into words, and with a model tells names too; nothing is fetched."""
    import spacy
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Installed(SpacyNlpEngine):
        def load(self) -> None:
            self.nlp = {declared.language: pipeline}

    try:
        pipeline = spacy.load(declared.model) if declared.model else spacy.blank(declared.language)
    except OSError:
        raise SynthError(f"presidio.model: the spaCy pipeline {declared.model!r} is not installed.",
                         f"run python -m spacy download {declared.model}, or leave 'model' out.") from None  # fmt: skip
    except ImportError:
        raise SynthError(f"presidio.language: spaCy knows no language {declared.language!r}.",
                         "name another, such as en or de.") from None  # fmt: skip
    reader = Installed(models=[{"lang_code": declared.language, "model_name": declared.model or "blank"}])
    reader.load()
    return reader
