"""A cheap answer to: has the source changed?  Hashes the file that it comes from, or what the function returns."""

from pathlib import Path

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file, of_text
from synth_pipeline.spec.source import PythonSource, Source


def signature(source: Source, root: Path) -> str:
    """Equal as long as the source's bytes are; raises SynthError when there is no such source."""
    declared = source.model_dump_json()
    if isinstance(source, PythonSource):
        import pandas as pd

        from synth_pipeline.adapters.ingest.frames import frame_of

        rows = pd.util.hash_pandas_object(frame_of(source.function, root), index=False)
        return of_text(declared, *map(str, rows))
    path = root / source.path
    if not path.exists():
        raise SynthError(f"The source file {source.path} does not exist.", "put it there, or correct 'path'.")
    return of_text(declared, of_file(path))
