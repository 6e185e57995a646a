{% macro ledger(kind, columns) %}
    {#- All events of a kind.  A file that is being written begins with a dot and is not read. -#}
    {% set typed = {'dataset': 'varchar', 'run_id': 'varchar'} %}
    {% do typed.update(columns) %}
    {% do typed.update({'at': 'timestamp'}) %}
    {{ rows_at(location_of(source('ledgers', kind)), typed) }}
{% endmacro %}
