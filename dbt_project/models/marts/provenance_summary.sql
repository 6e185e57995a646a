with per_dataset as (
    select
        _dataset as dataset,
        max(_version) as version,
        count(*) filter (where _origin = 'real') as real_rows,
        count(*) filter (where _origin = 'synthetic') as synthetic_rows,
        string_agg(distinct _generator, ', ' order by _generator) as generators,
        max(_generation) as generation
    from {{ ref('training_mix') }}
    group by _dataset
)

select
    dataset,
    version,
    real_rows,
    synthetic_rows,
    case when synthetic_rows > 0 then real_rows / synthetic_rows end as real_to_synthetic,
    generators,
    generation
from per_dataset
