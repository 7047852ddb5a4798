"""Finds the files that come with the program, in a checkout as well as in an installed wheel."""

from pathlib import Path, PurePosixPath

_HERE = Path(__file__).resolve().parent
_ROOMS = ("config", "systemd")


def shared(name: str) -> Path:
    """The path of a file or directory that comes with the program, like `config/voicepurge.yaml`.

    Raises:
        FileNotFoundError: the installation is not whole.
        ValueError: `name` is not below `config/` or `systemd/`.
    """
    relative = PurePosixPath(name)
    if relative.parts[:1] not in {(room,) for room in _ROOMS} or ".." in relative.parts:
        raise ValueError("only config/ and systemd/ come with the program")
    for root in (_HERE / "_share", _HERE.parent):
        if (root / relative).exists():
            return root / relative
    raise FileNotFoundError(f"{name} did not come with this installation")
