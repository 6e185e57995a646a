{% test documents_of_train(model) %}
{{ config(meta={'description': 'every staged record names a real document of train'}) }}
{#- Of records in force nothing is asked: their documents may have left the source since. -#}
{% for dataset in var('datasets') %}
{% set train = ref('stg_' ~ dataset ~ '__train') %}
{% if staged_records(dataset) %}
{% set name = '"' ~ staged_records(dataset)['id'].replace('"', '""') ~ '"' %}
select _record_id
from {{ model }}
where dataset = '{{ dataset }}' and document_id not in (select {{ name }}::varchar from {{ train }} where {{ name }} is not null)
union all
{% endif %}
{% endfor %}
select _record_id from {{ model }} where false
{% endtest %}
