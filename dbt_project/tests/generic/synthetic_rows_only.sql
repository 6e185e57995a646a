{% test synthetic_rows_only(model) %}
{{ config(meta={'description': 'every row is marked synthetic'}) }}
select _record_id
from {{ model }}
where _provenance is distinct from 'synthetic'
{% endtest %}
