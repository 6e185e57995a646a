{{ real_part('fair', 'holdout') }}
