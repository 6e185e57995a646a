{% test origin_agrees(model) %}
{{ config(meta={'description': 'the origin is what the row itself says'}) }}
select _record_id
from {{ model }}
where _origin is distinct from _provenance
{% endtest %}
