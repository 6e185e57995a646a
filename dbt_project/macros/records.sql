{#- Records over real documents: those that a build is for, or else those in force. -#}

{% macro record_columns() %}
    {% set columns = {
        'document_id': 'varchar', 'question': 'varchar', 'answer': 'varchar', 'span': 'varchar', 'start': 'bigint',
        'end': 'bigint', 'kind': 'varchar',
    } %}
    {% do columns.update(provenance_columns()) %}
    {{ return(columns) }}
{% endmacro %}

{% macro staged_records(dataset) %}
    {#- Path, version and the name of the documents' id column of the records that this build is for, if it is. -#}
    {{ return(var('staged_records').get(dataset)) }}
{% endmacro %}

{% macro records_of(dataset) %}
    {#- The source is one path for all data sets, with a star in the place of the name. -#}
    {% set place = location_of(source('records', 'released')) %}
    {% set location = place.replace('/published/*/', '/published/' ~ dataset ~ '/') %}
    {% if staged_records(dataset) %}
        {% set location = staged_records(dataset)['path'].replace("'", "''") %}
        {% if execute and not is_there(location) %}
            {{ exceptions.raise_compiler_error("The staged records of " ~ dataset ~ " are missing.") }}
        {% endif %}
    {% endif %}
    {{ rows_at(location, record_columns()) }}
{% endmacro %}

{% macro version_of_records(dataset) %}
    {#- Of what this build is for, or as the caller says, or else what the ledger saw released last. -#}
    {% if staged_records(dataset) %}
    '{{ staged_records(dataset)['version'] }}'
    {% elif dataset in var('current_records') %}
    {{ "'" ~ var('current_records')[dataset] ~ "'" if var('current_records')[dataset] else 'null' }}
    {% else %}
    (
        select max_by(version, "at")
        from {{ ref('stg_ledger__releases') }}
        where dataset = '{{ dataset }}' and event = 'records_released'
    )
    {% endif %}
{% endmacro %}
