with findings as (
    select *
    from {{ ref('stg_ledger__findings') }}
    qualify row_number() over (
        partition by dataset, run_id, gate, "check", subject, metric order by "at" desc, artefact
    ) = 1
),

judgements as (
    select *
    from {{ ref('stg_ledger__judgements') }}
    qualify row_number() over (partition by dataset, run_id, gate, artefact order by "at" desc) = 1
)

select
    findings.dataset,
    findings.run_id,
    findings.gate,
    findings.artefact,
    findings."check",
    findings.family,
    findings.subject,
    findings.metric,
    findings.value,
    findings.low,
    findings.high,
    findings.baseline,
    findings.p_value,
    findings.n,
    findings.note,
    findings."at" as measured_at,
    judgements.verdict as gate_verdict,
    judgements.reasons as gate_reasons,
    judgements.suite,
    judgements."at" as judged_at
from findings
left join judgements using (dataset, run_id, gate, artefact)
