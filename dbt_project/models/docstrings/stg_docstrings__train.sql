{{ real_part('docstrings', 'train') }}
