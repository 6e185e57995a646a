{%- set mixes = [] -%}
{%- for dataset in var('datasets') -%}{%- do mixes.append(ref(dataset ~ '__training_mix')) -%}{%- endfor -%}
{%- set clashing = clashing_columns(mixes) -%}

{% for mix in mixes %}
{% set casts = columns_as_text(mix, clashing) %}
select * {{ "replace (" ~ casts ~ ")" if casts }} from {{ mix }}
{{ "union all by name" if not loop.last }}
{% endfor %}
