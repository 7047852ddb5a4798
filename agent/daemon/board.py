"""`status.json`: what the running service says of itself, as far as it is no history. It may be lost."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

_log = structlog.get_logger("voicepurge.daemon")

NAME: Final = "status.json"
_DIRECTORY_MODE: Final = 0o755
_FILE_MODE: Final = 0o644
"""Nothing in it is secret; the directory's own mode says who may look."""


class Board:
    """Writes `status.json` as a whole, only when something changed or somebody asks. Never raises."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._failed = False

    def write(self, document: Mapping[str, object]) -> None:
        """Replaces the file."""
        temporary = self._path.with_name(f"{NAME}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            temporary.write_text(json.dumps({"v": 1, **document}) + "\n")
            temporary.chmod(_FILE_MODE)
            temporary.replace(self._path)
        except OSError as error:
            if not self._failed:
                _log.warning("status.json cannot be written", why=os.strerror(error.errno or 0))
            self._failed = True
        else:
            self._failed = False

    def remove(self) -> None:
        """A service that stopped says nothing."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            _log.warning("status.json cannot be removed")
