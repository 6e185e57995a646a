"""The service behind the protocol: checks a request, meets it with what the plan has for it, answers and bills."""

from typing import Any

from synth_pipeline.mock import chat, embeddings
from synth_pipeline.mock.account import Account, Arrival
from synth_pipeline.mock.chat import Chat
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.limits import Gate
from synth_pipeline.mock.modes import Writer
from synth_pipeline.mock.plan import Fault, Plan
from synth_pipeline.mock.pool import pool_of
from synth_pipeline.mock.rejection import Rejected, broken, no_quota, too_many
from synth_pipeline.mock.schedule import Schedule

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"

Asked = chat.Asked | embeddings.Texts


class Service:
    """Raises SynthError where the plan names a file that cannot be used."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.account = Account()
        self.gate = Gate(plan.limits)
        self.schedule = Schedule(plan.faults, plan.seed)
        self.chat = Chat(plan, Writer(plan.answers, pool_of(plan.answers, plan.seed)))

    def checked(self, path: str, body: dict[str, Any]) -> Asked:
        """Raises Rejected."""
        return chat.checked(self.plan, body) if path == CHAT else embeddings.checked(self.plan, body)

    def fault(self, asked: Asked, arrival: Arrival) -> Fault | None:
        found = self.schedule.fault(arrival, asked.text)
        if found is not None:
            self.account.faults[found.kind] += 1
        return found

    def answer(self, asked: Asked, arrival: Arrival, fault: Fault | None) -> dict[str, Any]:
        """The answer, which is billed from now on."""
        if isinstance(asked, chat.Asked):
            answer = self.chat.answer(asked, arrival.content, fault)
        else:
            answer = embeddings.answer(asked)
        self.account.bill(arrival.content, answer["usage"])
        return answer

    def latency(self, arrival: Arrival) -> float:
        """Seconds."""
        if not self.plan.latency or not self.plan.spread:
            return self.plan.latency
        lot = Draws(self.plan.seed, "latency", arrival.content, arrival.tries).share()
        return self.plan.latency * (1 + self.plan.spread * (2 * lot - 1))

    def in_batch(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer of a line of a batch, which knows neither limits nor sockets."""
        arrival = self.account.arrival(body)
        try:
            asked = self.checked(path, body)
            fault = self.fault(asked, arrival)
            if fault is not None:
                turned_away(fault)
            return 200, self.answer(asked, arrival, fault)
        except Rejected as rejected:
            return rejected.status, rejected.body


def turned_away(fault: Fault) -> None:
    """Raises Rejected where that is what the fault does."""
    if fault.kind == "rate_limit":
        raise too_many("as planned", fault.retry_after)
    if fault.kind == "no_quota":
        raise no_quota()
    if fault.kind == "server_error":
        raise broken(fault.status)
