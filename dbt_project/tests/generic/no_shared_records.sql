{% test no_shared_records(model, others) %}
{{ config(meta={'description': 'no record stands here and in another part'}) }}
select _record_id
from {{ model }}
where _record_id in (
    {% for other in others -%}
    select _record_id from {{ other }}{{ " union all " if not loop.last }}
    {%- endfor %}
)
{% endtest %}
