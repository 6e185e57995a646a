{{ synthetic_part('docstrings') }}
