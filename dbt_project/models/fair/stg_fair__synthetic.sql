{{ synthetic_part('fair') }}
