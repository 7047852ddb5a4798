"""Where the configuration and the state live (XDG Base Directory Specification 0.8, systemd.exec(5))."""

from collections.abc import Mapping
from pathlib import Path

from agent.errors import ConfigError, NoPermissionError

SYSTEM_CONFIG = Path("/etc/voicepurge/voicepurge.yaml")
SYSTEM_STATE = Path("/var/lib/voicepurge")
SYSTEM_RUNTIME = Path("/run/voicepurge")


def find(argument: str | Path | None, environ: Mapping[str, str], *, system: Path = SYSTEM_CONFIG) -> Path:
    """Which configuration file to use: `argument`, `$VOICEPURGE_CONFIG`, /etc, the user's own.

    What was named is returned even if it is not there, so that a typing error is never answered with
    another file.

    Raises:
        ConfigError: none was named and there is none at the usual places.
        NoPermissionError: /etc/voicepurge may not be looked into.
    """
    named = argument or environ.get("VOICEPURGE_CONFIG")
    if named:
        return Path(named)
    own = _home(environ, "XDG_CONFIG_HOME", ".config")
    usual = [system, *([own / "voicepurge.yaml"] if own else [])]
    for path in usual:
        try:
            if path.exists():
                return path
        except PermissionError:
            raise NoPermissionError(f"{path.parent} may not be looked into by this user.") from None
    looked = " or ".join(str(path) for path in usual)
    next_step = "Write one with `voicepurge init`, or name one with --config."
    raise ConfigError(f"There is no configuration at {looked}.", next_step=next_step)


def state_directory(config_path: Path, environ: Mapping[str, str], *, system: Path = SYSTEM_CONFIG) -> Path:
    """Where ledgers and the vault live; not made here.

    Raises:
        ConfigError: neither systemd nor the environment says where.
    """
    given = environ.get("STATE_DIRECTORY", "").split(":")[0]
    if given.startswith("/"):
        return Path(given)
    if config_path == system:
        return SYSTEM_STATE
    own = _home(environ, "XDG_STATE_HOME", ".local/state")
    if own is None:
        next_step = "Set STATE_DIRECTORY or HOME to a full path."
        raise ConfigError("There is no place for the state: no home directory.", next_step=next_step)
    return own


def runtime_directory(config_path: Path, environ: Mapping[str, str], *, system: Path = SYSTEM_CONFIG) -> Path:
    """Where the running service says how it is; not made here. What lies there may be lost at any time.

    Raises:
        ConfigError: neither systemd nor the environment says where.
    """
    given = environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if given.startswith("/"):
        return Path(given)
    if config_path == system:
        return SYSTEM_RUNTIME
    own = environ.get("XDG_RUNTIME_DIR", "")
    if own.startswith("/") and not environ.get("STATE_DIRECTORY"):
        return Path(own) / "voicepurge"
    return state_directory(config_path, environ, system=system) / "run"


def _home(environ: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    """The user's own directory for us. A relative path in the environment is ignored, as XDG asks."""
    base, home = environ.get(variable, ""), environ.get("HOME", "")
    if base.startswith("/"):
        return Path(base) / "voicepurge"
    return Path(home) / below_home / "voicepurge" if home.startswith("/") else None


def place_for_new(argument: str | Path | None, environ: Mapping[str, str], *, root: bool) -> Path:
    """Where a first configuration goes: the named file, /etc for root, else the user's own.

    Raises:
        ConfigError: there is no home directory.
    """
    named = argument or environ.get("VOICEPURGE_CONFIG")
    if named:
        return Path(named)
    own = SYSTEM_CONFIG.parent if root else _home(environ, "XDG_CONFIG_HOME", ".config")
    if own is None:
        raise ConfigError("There is no home directory.", next_step="Name a file with --config.")
    return own / SYSTEM_CONFIG.name
