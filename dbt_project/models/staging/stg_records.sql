-- depends_on: {{ ref('stg_ledger__releases') }}
{% for dataset in var('datasets') %}
select '{{ dataset }}'::varchar as dataset, ({{ version_of_records(dataset) }})::varchar as version, *
from ({{ records_of(dataset) }})
{{ "union all by name" if not loop.last }}
{% endfor %}
