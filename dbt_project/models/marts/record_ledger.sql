with openings as (
    select dataset, version, count(*) as sealed_openings
    from {{ ref('stg_ledger__openings') }}
    group by all
),

history as (
    select
        dataset,
        version,
        any_value("rows") as records,
        any_value(generator) as labeller,
        any_value(source) as source,
        any_value(spec) as spec,
        any_value(seed) as seed,
        min("at") filter (where event = 'records_staged') as first_made_at,
        max("at") filter (where event = 'records_staged') as last_made_at,
        min("at") filter (where event = 'records_released') as released_at,
        count(*) filter (where event = 'records_refused') as refusals,
        string_agg(nullif(reasons, ''), '; ' order by "at") filter (where event = 'records_refused') as refusal_reasons,
        count(distinct run_id) as runs
    from {{ ref('stg_ledger__releases') }}
    where starts_with(event, 'records_')
    group by dataset, version
),

in_force as (
    select distinct dataset, version from {{ ref('stg_records') }}
)

select
    history.dataset,
    history.version,
    history.records,
    history.labeller,
    history.source,
    history.spec,
    history.seed,
    history.first_made_at,
    coalesce(
        history.released_at, case when in_force.version is not null then history.last_made_at end
    ) as released_at,
    history.refusals,
    history.refusal_reasons,
    history.runs,
    in_force.version is not null as is_current,
    coalesce(openings.sealed_openings, 0) as sealed_openings
from history
left join openings using (dataset, version)
left join in_force using (dataset, version)
