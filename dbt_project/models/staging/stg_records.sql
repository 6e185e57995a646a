-- depends_on: {{ ref('stg_ledger__releases') }}
with records as (
    {% for dataset in var('datasets') %}
    select '{{ dataset }}'::varchar as dataset, ({{ version_of_records(dataset) }})::varchar as version, *
    from ({{ records_of(dataset) }})
    {{ "union all by name" if not loop.last }}
    {% endfor %}
)

select *
from records
where version is not null
