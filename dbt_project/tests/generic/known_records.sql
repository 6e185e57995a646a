{% test known_records(model) %}
{{ config(meta={'description': 'every record belongs to records that the ledger knows'}) }}
select _record_id
from {{ model }}
where version is null or _batch_id is null or (dataset, _batch_id) not in (
    select (dataset, batch_id)
    from {{ ref('stg_ledger__releases') }}
    where starts_with(event, 'records_') and batch_id is not null
)
{% endtest %}
