{{ real_part('fair', 'sealed') }}
