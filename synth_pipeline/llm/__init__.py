"""Requests to language models: sent once, kept before they are used, and never paid for twice."""

from synth_pipeline.llm.budget import BudgetReached, Purse
from synth_pipeline.llm.client import Client
from synth_pipeline.llm.embedder import Embedding
from synth_pipeline.llm.ledger import RequestLedger
from synth_pipeline.llm.outcome import Kind, Outcome, Usage
from synth_pipeline.llm.prices import Tariff, tariff_of
from synth_pipeline.llm.request import Request

__all__ = [
    "BudgetReached",
    "Client",
    "Embedding",
    "Kind",
    "Outcome",
    "Purse",
    "Request",
    "RequestLedger",
    "Tariff",
    "Usage",
    "tariff_of",
]
