"""A cheap answer to: has the source changed?  Hashes the files that it comes from, or what the function returns."""

from pathlib import Path

from synth_pipeline.adapters.ingest.folder import documents_in
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file, of_text
from synth_pipeline.spec.source import FolderSource, PythonSource, Source


def signature(source: Source, root: Path) -> str:
    """Equal as long as the source's bytes are; raises SynthError when there is no such source."""
    declared = source.model_dump_json()
    if isinstance(source, PythonSource):
        import pandas as pd

        from synth_pipeline.adapters.ingest.frames import frame_of

        rows = pd.util.hash_pandas_object(frame_of(source.function, root), index=False)
        return of_text(declared, *map(str, rows))
    path = root / source.path
    if isinstance(source, FolderSource) and path.is_dir():
        files = documents_in(path, source.pattern)
        return of_text(declared, *(f"{file.relative_to(path).as_posix()}={of_file(file)}" for file in files))
    if not path.exists():
        raise SynthError(f"The source {source.path} does not exist.", "put it there, or correct 'path'.")
    return of_text(declared, of_file(path))
