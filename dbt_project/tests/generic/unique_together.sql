{% test unique_together(model, columns) %}
{{ config(meta={'description': 'one row per ' ~ columns | join(', ')}) }}
select 1
from {{ model }}
group by {% for column in columns %}"{{ column }}"{{ ", " if not loop.last }}{% endfor %}
having count(*) > 1
{% endtest %}
