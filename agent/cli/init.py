"""`voicepurge init`: a first configuration, the keys, and what to keep away from this machine."""

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from agent import settings
from agent.cli.first_config import BACKENDS, Answers, first_config, trouble_with
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import AgentError, ConfigError, NoPermissionError, UsageError
from agent.wiring import install, ledger_of, verifier_key

_QUESTIONS = {
    "timezone": "Your time zone, like Europe/Berlin",
    "marketplace": "Where your Amazon account lives, like amazon.de or amazon.com",
    "keep_for": "Keep recordings this long, like 24h, 2w; 0s deletes everything",
    "backend": f"Where secrets are kept: {', '.join(BACKENDS)}",
    "account": "A short name for this account",
}
_USUAL = {"keep_for": "24h", "account": "home"}


def initialise(output: Output, given: Mapping[str, str | None]) -> int:
    """Writes the configuration, makes the keys and an empty ledger, shows the ledger's key.

    Args:
        output: where to write.
        given: answers by name that came as options; the others are asked on a terminal.

    Raises:
        UsageError: there is a configuration already, or an answer is missing or wrong.
        AgentError: the keys could not be made; the new file is taken away again.
    """
    path = _new_place(output)
    answers = Answers(**{name: _answer(output, name, given.get(name)) for name in _QUESTIONS})
    try:
        text = first_config(answers)
    except ConfigError as error:
        raise UsageError(error.message, next_step=" ".join(error.problems) or error.next_step) from None
    _write_new(path, text)
    try:
        installation = install(path, make_key=True)
        with ledger_of(installation, answers.account, SystemClock()):
            pass
        key = verifier_key(installation, answers.account)
    except AgentError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        if path.exists():  # written as root, who is gone
            error.next_step += f" Then remove {path} and run `voicepurge init` again."
        raise
    if output.json:
        output.document({"config": str(path), "account": answers.account, "vkey": key})
        return 0
    output.say(f"The configuration is {path}; change it as you like, then `voicepurge config check`.")
    output.say("The key that verifies your ledger:")
    output.data(str(key))
    output.say(
        "Keep it away from this machine, in a password manager or on paper: with it anybody can check "
        "later that nothing in the ledger was changed, and nobody can change it."
    )
    output.say(f"Next: `voicepurge login {answers.account}`, then `voicepurge run --dry-run`.")
    return 0


def _new_place(output: Output) -> Path:
    """Where the file goes, and that nothing is there. Raises UsageError."""
    path = settings.place_for_new(output.config, os.environ, root=os.geteuid() == 0)
    with contextlib.suppress(ConfigError):
        found = settings.find(output.config, os.environ)
        if found.exists():
            raise UsageError(
                f"There is a configuration already: {found}.",
                next_step="Change it with an editor, then `voicepurge config check`; init never overwrites.",
            )
    return path


def _answer(output: Output, name: str, given: str | None) -> str:
    if given is not None:
        trouble = trouble_with(name, given)
        if trouble is not None:
            raise UsageError(f"--{name.replace('_', '-')}: {trouble}")
        return given
    usual = _USUAL.get(name) or _proposal(name)
    if not sys.stdin.isatty():
        if name in _USUAL:
            return _USUAL[name]
        raise UsageError(f"--{name.replace('_', '-')} is missing.", next_step="See `voicepurge init --help`.")
    while True:
        said = str(typer.prompt(_QUESTIONS[name], default=usual, err=True)).strip()
        trouble = trouble_with(name, said)
        if trouble is None:
            return said
        output.say(trouble)


def _proposal(name: str) -> str | None:
    """What the machine suggests; the person still has to say yes."""
    if name == "timezone":
        return _zone_of_machine()
    if name == "backend":
        service = os.geteuid() == 0 and Path("/run/systemd/system").exists()
        desktop = bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS") and os.environ.get("DISPLAY"))
        return "systemd" if service else "keyring" if desktop else "file"
    return None


def _zone_of_machine() -> str | None:
    """The zone /etc/localtime points to (localtime(5), systemd)."""
    try:
        _, mark, zone = str(Path("/etc/localtime").readlink()).partition("zoneinfo/")
    except OSError:
        return None
    return zone if mark and trouble_with("timezone", zone) is None else None


def _write_new(path: Path, text: str) -> None:
    """Creates the file; it holds no secret, so everybody may read it. Raises UsageError where one is."""
    try:
        fresh = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh and os.geteuid() == 0:
            path.parent.chmod(0o755)
        with path.open("x", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o644)  # whatever the umask: the service reads it as another user
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UsageError(f"There is a file already: {path}.", next_step="init never overwrites.") from None
    except PermissionError:
        raise NoPermissionError(f"{path} may not be written by this user.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
