"""``python -m synth_pipeline.cli``, where no ``synth`` is on the path."""

from synth_pipeline.cli import main

if __name__ == "__main__":  # a worker process imports this file anew
    main()
