with made as (
    select dataset, version, any_value(source) as source, any_value(spec) as spec, any_value(seed) as seed
    from {{ ref('stg_ledger__releases') }}
    where starts_with(event, 'records_')
    group by all
)

select
    records.dataset,
    records.version,
    records._record_id,
    records._provenance,
    records._generator,
    records._generation,
    records._batch_id,
    records.document_id,
    'real' as document_provenance,
    records.kind,
    records.question,
    records.answer,
    records.span,
    records."start" as span_start,
    records."end" as span_end,
    made.source,
    made.spec,
    made.seed
from {{ ref('stg_records') }} as records
left join made using (dataset, version)
