"""Whether a data set, as it is declared now, has been judged to an end, so that an equal run would change nothing."""

from synth_pipeline.adapters.gates import GATES
from synth_pipeline.adapters.project import ROOT, suites
from synth_pipeline.adapters.signature import signature
from synth_pipeline.adapters.storage import Artefact, Store
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.stages.gate import asset_of
from synth_pipeline.stages.label_release import GATES as RECORD_GATES
from synth_pipeline.stages.run import Run


def rows_settled(spec: DatasetSpec, store: Store) -> bool:
    """Whether the rows of this source, spec, suites and rules are in force, or were blocked."""
    return _settled(spec, store, spec.hash, ("released", "refused"), GATES, store.current_release(spec.name))


def records_settled(spec: DatasetSpec, store: Store) -> bool:
    """The same of records over documents; true where none are declared."""
    events = ("records_released", "records_refused")
    in_force = store.current_records(spec.name)
    return spec.labels is None or _settled(spec, store, spec.labels_hash, events, RECORD_GATES, in_force)


def _settled(
    spec: DatasetSpec, store: Store, made_by: str, ends: tuple[str, str], gates: tuple[str, ...], in_force: str | None
) -> bool:
    """By the last run of what is declared now that came to an end; a drill is none."""
    ledger = Run(spec, store, "").ledger.read("releases", spec.name)
    ended = ledger[ledger["event"].isin(ends) & (ledger["spec"] == made_by)]
    for event in ended.iloc[::-1].itertuples():
        run = Run(spec, store, str(event.run_id))
        if not _is_drill(run):
            break
    else:
        return False
    source = run.find("source")
    if source is None or event.source not in ("", source.content):
        return False
    if source.facts["signature"] != signature(spec.source, ROOT):
        return False
    if event.event == ends[0]:
        return event.version == in_force and _all_hold(run, gates)
    return _is_blocked(run, gates)


def _is_drill(run: Run) -> bool:
    candidates = run.store.made_by(run.name, "candidates", run.id)
    return candidates is not None and candidates.facts["drill"] > 0


def _all_hold(run: Run, gates: tuple[str, ...]) -> bool:
    verdicts = [_verdict(run, gate, run.find(asset_of(gate))) for gate in gates]
    return all(verdict is not None and verdict.holds for verdict in verdicts)


def _is_blocked(run: Run, gates: tuple[str, ...]) -> bool:
    """By one of the gates that this very run came to; one that could not measure is no end, since another run may."""
    own = [(gate, run.store.made_by(run.name, asset_of(gate), run.id)) for gate in gates]
    verdicts = [_verdict(run, gate, artefact) for gate, artefact in own if artefact is not None]
    return Verdict.BLOCK in verdicts and None not in verdicts


def _verdict(run: Run, gate: str, artefact: Artefact | None) -> Verdict | None:
    """How a gate judged an artefact; None where it did not, or by another suite or other rules than those of now."""
    if artefact is None or artefact.facts.get("rules", run.spec.rules) != run.spec.rules:
        return None
    ledger = run.ledger.read("judgements", run.name)
    mine = ledger[(ledger["gate"] == gate) & (ledger["artefact"] == artefact.content)]
    if not len(mine) or mine["suite"].iloc[-1] != suites().load(gate, run.name).hash:
        return None
    return Verdict(mine["verdict"].iloc[-1])
