{% test known_release(model, dataset) %}
{{ config(meta={'description': 'every row belongs to a release that the ledger knows'}) }}
select _record_id
from {{ model }}
where _version is null or _batch_id is null or _batch_id not in (
    select batch_id
    from {{ ref('stg_ledger__releases') }}
    where dataset = '{{ dataset }}' and event in ('staged', 'released') and batch_id is not null
)
{% endtest %}
