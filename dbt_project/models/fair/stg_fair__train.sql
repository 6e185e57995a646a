{{ real_part('fair', 'train') }}
