{{ training_mix_of('fair') }}
