{{ real_part('docstrings', 'sealed') }}
