{#- Rows of Parquet files that may not exist yet. -#}

{% macro location_of(source_relation) %}
    {#- The path of an external source, ready to stand between single quotes. -#}
    {{ return((source_relation | string).strip("'").replace("'", "''")) }}
{% endmacro %}

{% macro is_there(location) %}
    {#- Whether a file matches.  True while dbt parses, when nothing can be asked. -#}
    {% if not execute %}{{ return(true) }}{% endif %}
    {{ return(run_query("select count(*) from glob('" ~ location ~ "')").rows[0][0] > 0) }}
{% endmacro %}

{% macro typed_nulls(columns) %}
    {#- A relation without rows: it gives the files below it their columns, and stands alone where there are none. -#}
    select {% for name, type in columns.items() %}null::{{ type }} as "{{ name }}"{{ ", " if not loop.last }}{% endfor %} where false
{% endmacro %}

{% macro rows_at(location, columns) %}
    {#- All rows of the files, with at least these columns. -#}
    {% if is_there(location) %}
    select * from read_parquet('{{ location }}', union_by_name = true, hive_partitioning = false)
    union all by name
    {% endif %}
    {{ typed_nulls(columns) }}
{% endmacro %}
