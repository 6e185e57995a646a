with named as (
    {% for dataset in var('datasets') %}
    {% set staged = staged_release(dataset) %}
    {% if staged %}
    select '{{ dataset }}' as dataset, '{{ staged['version'] }}' as version
    {% elif dataset in var('current') %}
    select '{{ dataset }}' as dataset, {{ "'" ~ var('current')[dataset] ~ "'" if var('current')[dataset] else 'null' }} as version
    {% else %}
    select '{{ dataset }}' as dataset, max_by(version, "at") as version
    from {{ ref('stg_ledger__releases') }}
    where dataset = '{{ dataset }}' and event = 'released'
    {% endif %}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select dataset::varchar as dataset, version::varchar as version
from named
where version is not null
