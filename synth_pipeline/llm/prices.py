"""What tokens cost: as declared at the endpoint, else from the table below, else unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from synth_pipeline.llm.outcome import Usage
from synth_pipeline.spec.endpoint import Endpoint, Price

TABLE_VERSION = "openai-2026-06"
OPENAI = "api.openai.com"  # the same name elsewhere has another price

# US dollars per million tokens: prompt, answer, remembered prompt; a batch costs half
_TABLE: Mapping[str, tuple[float, float, float | None]] = {
    "gpt-5": (1.25, 10.0, 0.125),
    "gpt-5-mini": (0.25, 2.0, 0.025),
    "gpt-5-nano": (0.05, 0.4, 0.005),
    "gpt-4.1": (2.0, 8.0, 0.5),
    "gpt-4.1-mini": (0.4, 1.6, 0.1),
    "gpt-4.1-nano": (0.1, 0.4, 0.025),
    "gpt-4o": (2.5, 10.0, 1.25),
    "gpt-4o-2024-05-13": (5.0, 15.0, None),
    "gpt-4o-mini": (0.15, 0.6, 0.075),
    "o3": (2.0, 8.0, 0.5),
    "o4-mini": (1.1, 4.4, 0.275),
    "text-embedding-3-small": (0.02, 0.0, None),
    "text-embedding-3-large": (0.13, 0.0, None),
}


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price and where it comes from; ``price`` is None where nobody said what a token costs."""

    price: Price | None
    version: str

    @property
    def currency(self) -> str | None:
        return None if self.price is None else self.price.currency

    def cost(self, usage: Usage | None, *, batch: bool = False) -> float | None:
        """What so many tokens cost, in the tariff's currency; None where price or tokens are unknown."""
        if self.price is None or usage is None:
            return None
        remembered = self.price.input if self.price.cached_input is None else self.price.cached_input
        whole = (usage.input - usage.cached) * self.price.input + usage.cached * remembered
        whole += usage.output * self.price.output
        return round(whole / 1e6 * (self.price.batch if batch else 1.0), 12)


def tariff_of(endpoint: Endpoint, model: str | None = None) -> Tariff:
    """The price of a model at an endpoint: the declared one first."""
    if endpoint.price is not None:
        return Tariff(endpoint.price, "declared")
    name = model or endpoint.model
    listed = _TABLE.get(name) or _TABLE.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", name))
    if urlsplit(endpoint.base_url).hostname != OPENAI or listed is None:
        return Tariff(None, "unknown")
    spoken, answered, remembered = listed
    return Tariff(Price(input=spoken, output=answered, cached_input=remembered, batch=0.5), TABLE_VERSION)
