{#- The four Parquet files of a data set, and the mix of two of them. -#}

{% macro provenance_columns() %}
    {{ return({
        '_record_id': 'varchar', '_provenance': 'varchar', '_generator': 'varchar',
        '_generation': 'bigint', '_batch_id': 'varchar',
    }) }}
{% endmacro %}

{% macro staged_release(dataset) %}
    {#- Path and version of the release that this build is for, if it is for one of this data set. -#}
    {{ return(var('staged').get(dataset)) }}
{% endmacro %}

{% macro require_when_staged(dataset, location, what) %}
    {#- Without the file the tests would hold of nothing, and the release would go through. -#}
    {% if execute and staged_release(dataset) and not is_there(location) %}
        {{ exceptions.raise_compiler_error(what ~ " of " ~ dataset ~ " is missing, though a release of it is staged.") }}
    {% endif %}
{% endmacro %}

{% macro real_part(dataset, part) %}
    {#- Rows of train, holdout or sealed; what a file says of its own provenance is kept, for the tests to see. -#}
    {% set location = location_of(source(dataset, part)) %}
    {% do require_when_staged(dataset, location, part) %}
    select * replace (coalesce(_provenance, 'real') as _provenance)
    from ({{ rows_at(location, provenance_columns()) }})
{% endmacro %}

{% macro synthetic_part(dataset) %}
    {#- Rows of the staged release or, without one, of the release in force. -#}
    {% set location = location_of(source(dataset, 'synthetic')) %}
    {% if staged_release(dataset) %}
        {% set location = staged_release(dataset)['path'].replace("'", "''") %}
    {% endif %}
    {% do require_when_staged(dataset, location, 'the staged file') %}
    select
        *,
        (select version from {{ ref('current_releases') }} where dataset = '{{ dataset }}') as _version
    from ({{ rows_at(location, provenance_columns()) }})
{% endmacro %}

{% macro training_mix_of(dataset) %}
    {#- Train and synthetic rows; the origin is that of the file, whatever the row says. -#}
    select *, 'real' as _origin, '{{ dataset }}' as _dataset from {{ ref('stg_' ~ dataset ~ '__train') }}
    union all by name
    select *, 'synthetic' as _origin, '{{ dataset }}' as _dataset from {{ ref('stg_' ~ dataset ~ '__synthetic') }}
{% endmacro %}
