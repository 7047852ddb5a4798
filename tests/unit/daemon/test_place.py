from pathlib import Path, PurePosixPath

import pytest

from agent.daemon.place import require_readable
from agent.errors import UsageError


def test_a_closed_directory_above_is_named(tmp_path: Path) -> None:
    """What was made under a umask of 077 is found before the service fails to start, with its remedy."""
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    inside.parent.chmod(0o700)
    with pytest.raises(UsageError, match="may not read") as caught:
        require_readable([PurePosixPath(inside)])
    assert "chmod o+rX" in caught.value.next_step


def test_a_closed_file_is_named(tmp_path: Path) -> None:
    """Execution alone is not enough: Python reads its files."""
    file = tmp_path / "voicepurge"
    file.touch(0o711)
    file.chmod(0o711)
    with pytest.raises(UsageError, match=r"may not read .*/voicepurge\."):
        require_readable([PurePosixPath(file)])


def test_what_the_system_has_is_open() -> None:
    """The programs of a usual machine pass."""
    require_readable([PurePosixPath("/usr/bin/env")])
