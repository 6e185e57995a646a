{{ real_part('docstrings', 'holdout') }}
