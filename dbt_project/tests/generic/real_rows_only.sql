{% test real_rows_only(model) %}
{{ config(meta={'description': 'no row is synthetic or bears the mark of a generator'}) }}
select _record_id
from {{ model }}
where _provenance <> 'real' or coalesce(_generator, _batch_id, _generation::varchar) is not null
{% endtest %}
