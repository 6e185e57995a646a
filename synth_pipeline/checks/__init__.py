"""Checks, one file each.

This is the one list of them: a new one is a file here, its name below and a line in a suite.
"""

from synth_pipeline.checks.canaries import PlantedCanaries
from synth_pipeline.checks.classifier import Classifier
from synth_pipeline.checks.constraints import Constraints
from synth_pipeline.checks.coverage import Coverage
from synth_pipeline.checks.detectable import MinimumDetectableLeak
from synth_pipeline.checks.diversity import Diversity
from synth_pipeline.checks.entities import Entities
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.exact_copies import ExactCopies
from synth_pipeline.checks.exchangeability import Exchangeability
from synth_pipeline.checks.extremes import Extremes
from synth_pipeline.checks.groups import Groups
from synth_pipeline.checks.identifiers import Identifiers
from synth_pipeline.checks.inference import Inference
from synth_pipeline.checks.judge import Judge
from synth_pipeline.checks.levels import Levels
from synth_pipeline.checks.linkability import Linkability
from synth_pipeline.checks.marginals import Marginals
from synth_pipeline.checks.membership_inference import MembershipInference
from synth_pipeline.checks.mmd import Mmd
from synth_pipeline.checks.moments import Moments
from synth_pipeline.checks.nearest_records import NearestRecords
from synth_pipeline.checks.nulls import Nulls
from synth_pipeline.checks.pairs import Pairs
from synth_pipeline.checks.paraphrases import Paraphrases
from synth_pipeline.checks.personal_data import PersonalData
from synth_pipeline.checks.protocol import Check
from synth_pipeline.checks.singling_out import SinglingOut
from synth_pipeline.checks.text_classifier import TextClassifier
from synth_pipeline.checks.text_diversity import TextDiversity
from synth_pipeline.checks.text_form import TextForm
from synth_pipeline.checks.text_labels import TextLabels
from synth_pipeline.checks.text_mmd import TextMmd
from synth_pipeline.checks.text_neighbours import TextNeighbours
from synth_pipeline.checks.text_shape import TextShape
from synth_pipeline.checks.text_topics import TextTopics
from synth_pipeline.checks.triples import Triples
from synth_pipeline.checks.unique_tuples import UniqueTuples
from synth_pipeline.checks.utility import Utility
from synth_pipeline.checks.verbatim_text import VerbatimText

__all__ = ["CHECKS", "Check", "Evidence"]

CHECKS: tuple[Check, ...] = (
    Exchangeability(),
    ExactCopies(),
    NearestRecords(),
    UniqueTuples(),
    MembershipInference(),
    SinglingOut(),
    Linkability(),
    Inference(),
    Identifiers(),
    VerbatimText(),
    Paraphrases(),
    TextNeighbours(),
    PersonalData(),
    Entities(),
    PlantedCanaries(),
    MinimumDetectableLeak(),
    Marginals(),
    Pairs(),
    Triples(),
    Nulls(),
    Constraints(),
    Levels(),
    Extremes(),
    Moments(),
    Groups(),
    Classifier(),
    Mmd(),
    Coverage(),
    TextShape(),
    TextForm(),
    TextLabels(),
    TextClassifier(),
    TextMmd(),
    Judge(),
    Utility(),
    Diversity(),
    TextDiversity(),
    TextTopics(),
)
