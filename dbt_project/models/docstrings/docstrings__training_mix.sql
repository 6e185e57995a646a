{{ training_mix_of('docstrings') }}
