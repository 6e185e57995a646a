with events as (
    select * replace (coalesce(nullif(version, ''), 'unversioned') as version)
    from {{ ref('stg_ledger__releases') }}
    where not starts_with(event, 'records_')
),

openings as (
    select dataset, coalesce(nullif(version, ''), 'unversioned') as version, count(*) as sealed_openings
    from {{ ref('stg_ledger__openings') }}
    anti join (
        select dataset, version from {{ ref('stg_ledger__releases') }} where starts_with(event, 'records_')
    ) using (dataset, version)
    group by all
),

history as (
    select
        dataset,
        version,
        min("at") filter (where event = 'staged') as first_staged_at,
        max("at") filter (where event = 'staged') as last_staged_at,
        min("at") filter (where event = 'released') as released_at,
        count(*) filter (where event = 'refused') as refusals,
        string_agg(nullif(reasons, ''), '; ' order by "at") filter (where event = 'refused') as refusal_reasons,
        count(distinct run_id) filter (where event in ('staged', 'refused')) as runs
    from events
    group by dataset, version
),

versions as (
    select dataset, version from history
    union
    select dataset, version from openings
    union
    select dataset, version from {{ ref('current_releases') }}
)

select
    versions.dataset,
    versions.version,
    history.first_staged_at,
    coalesce(
        history.released_at, case when current_releases.version is not null then history.last_staged_at end
    ) as released_at,
    coalesce(history.refusals, 0) as refusals,
    history.refusal_reasons,
    coalesce(history.runs, 0) as runs,
    current_releases.version is not null as is_current,
    coalesce(openings.sealed_openings, 0) as sealed_openings
from versions
left join history using (dataset, version)
left join openings using (dataset, version)
left join {{ ref('current_releases') }} as current_releases using (dataset, version)
