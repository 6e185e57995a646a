{% macro clashing_columns(relations) %}
    {#- Names of columns that are, say, a date in one relation and a number in another: DuckDB refuses their union. -#}
    {% set kinds = {} %}
    {% set clashing = [] %}
    {% if execute %}
        {% for relation in relations %}
            {% for column in adapter.get_columns_in_relation(relation) %}
                {% set kind = 'number' if column.is_number() else column.data_type %}
                {% if kinds.setdefault(column.name, kind) != kind and column.name not in clashing %}
                    {% do clashing.append(column.name) %}
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(clashing) }}
{% endmacro %}

{% macro columns_as_text(relation, names) %}
    {#- Those of the names that the relation has, as text: the inside of a replace clause. -#}
    {% set casts = [] %}
    {% if names %}
        {% for column in adapter.get_columns_in_relation(relation) if column.name in names %}
            {% do casts.append('"' ~ column.name ~ '"::varchar as "' ~ column.name ~ '"') %}
        {% endfor %}
    {% endif %}
    {{ return(casts | join(', ')) }}
{% endmacro %}
