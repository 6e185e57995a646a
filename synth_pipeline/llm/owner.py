"""Who holds a claim: a process, for as long as it lives, proved by a lock that ends with it."""

import os
import uuid
from pathlib import Path
from typing import TextIO


class Owner:
    """A name that this process holds; the lock on its file ends with the process, however that ends."""

    def __init__(self, folder: Path) -> None:
        import fcntl

        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._path = folder / self.name
        self._file: TextIO = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def is_alive(self, name: str) -> bool:
        """Whether the owner of that name still runs."""
        import fcntl

        if name == self.name:
            return True
        try:
            file = (self._path.parent / name).open("r+")
        except FileNotFoundError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def bury(self, name: str) -> None:
        """Remove what a dead owner left."""
        (self._path.parent / name).unlink(missing_ok=True)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()
