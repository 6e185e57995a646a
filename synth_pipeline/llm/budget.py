"""A hard budget: what requests in flight may cost is set aside before they are sent."""

import asyncio

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm.outcome import Reply, Usage
from synth_pipeline.llm.prices import Tariff
from synth_pipeline.llm.request import UNSEEN_ANSWER, Request
from synth_pipeline.spec.endpoint import Budget, Mode


class BudgetReached(SynthError):
    """All that was paid for is kept; the rest was not sent."""


class Purse:
    """What is spent and what is set aside, in the unit of the budget; without a budget it only counts tokens.

    ``spent`` is what went before, such as what a run paid before it was killed.  An attempt of which nobody knows
    whether it was billed counts as estimated.
    """

    def __init__(self, budget: Budget | None = None, spent: float = 0.0) -> None:
        self.budget = budget
        self.spent = spent
        self._aside = 0.0
        self._longest_answer = 0  # tokens, of those seen
        self._changed: asyncio.Event = asyncio.Event()

    async def reserve(self, request: Request, tariff: Tariff) -> float:
        """Set aside what the request may cost, and wait for others to finish where that is needed.

        Raises BudgetReached when it does not fit, though nothing is in flight any more.
        """
        if self.budget is None:
            return 0.0
        while True:
            share = self._estimate(request, tariff)
            if self.spent + self._aside + share <= self.budget.amount:
                self._aside += share
                return share
            if self._aside <= 1e-12:
                raise BudgetReached(
                    f"The budget of {self.budget.amount:g} {self.budget.unit} is spent: {self.spent:.6g} went, and the "
                    f"next request may take {share:.3g}.",
                    "raise 'budget.amount' and run again: what was paid for is kept.",
                )
            self._changed.clear()
            await self._changed.wait()

    def settle(self, share: float, reply: Reply) -> None:
        """Replace what was set aside by what was paid."""
        if self.budget is None:
            return
        self._aside = max(0.0, self._aside - share)
        if reply.usage is not None:
            self._longest_answer = max(self._longest_answer, reply.usage.output)
        paid = reply.usage and reply.usage.total if self.budget.unit == "tokens" else reply.cost
        if reply.billed:
            self.spent += share if paid is None else paid
        self.spent += share * reply.lost
        self._changed.set()

    def check(self, name: str, tariff: Tariff) -> None:
        """Raise SynthError where the budget cannot be held, since nobody knows the price."""
        if self.budget is None or self.budget.unit in ("tokens", tariff.currency):
            return
        known = "is not known" if tariff.currency is None else f"is in {tariff.currency}"
        raise SynthError(
            f"The budget is in {self.budget.unit}, and the price of the endpoint {name!r} {known}.",
            f"declare 'price' at the endpoint {name!r} in {self.budget.unit}, or give the budget in tokens.",
        )

    def _estimate(self, request: Request, tariff: Tariff) -> float:
        """What a request will hardly exceed."""
        asked, most = request.tokens()
        seen = self._longest_answer * 5 // 4
        answer = most if most is not None else seen or UNSEEN_ANSWER
        if self.budget is not None and self.budget.unit == "tokens":
            return asked + answer
        return tariff.cost(Usage(asked, answer), batch=request.endpoint.mode is Mode.BATCH) or 0.0
