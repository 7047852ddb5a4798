import json
import os
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
from keyring.errors import InitError, KeyringLocked

from agent.errors import VaultError
from agent.vault import KeyringVault, desktop_keyring
from agent.vault.desktop import TimeLimited
from tests.support.memory_vault import MemoryKeyring

CONFIG = {
    "version": 1,
    "timezone": "Europe/Berlin",
    "accounts": {"home": {"marketplace": "amazon.de", "keep_for": "1d"}},
    "credentials": {"backend": "keyring"},
}


class Hanging(MemoryKeyring):
    """Waits for a prompt that nobody answers."""

    def get_password(self, service: str, username: str) -> str | None:
        """Never comes back by itself."""
        threading.Event().wait()
        return None


def test_a_keyring_that_never_answers_is_an_error_in_time() -> None:
    """After the limit there is an error with a next step, and the next call is not held up by the first."""
    vault = KeyringVault(TimeLimited(Hanging(), limit_s=0.2))
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(VaultError, match="did not answer") as caught:
            vault.get("home/keys")
        assert time.monotonic() - began < 2
        assert "Unlock it" in caught.value.next_step


def test_the_program_ends_though_the_keyring_still_hangs() -> None:
    """A thread left behind holds up no exit."""
    program = (
        "import threading; from agent.vault.desktop import TimeLimited\n"
        "from tests.support.memory_vault import MemoryKeyring\n"
        "class H(MemoryKeyring):\n"
        "    def get_password(self, s, u): threading.Event().wait()\n"
        "try: TimeLimited(H(), 0.1).get_password('a', 'b')\n"
        "except Exception as error: print(type(error).__name__)\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "VaultError\n"


@pytest.mark.parametrize(
    ("broken", "word"), [(KeyringLocked("hunter2"), "locked"), (InitError("hunter2"), "InitError")]
)
def test_refusals_are_told_in_our_words(broken: Exception, word: str) -> None:
    """Locked is called locked, all else by its kind; what the backend said is nowhere."""
    with pytest.raises(VaultError, match=word) as caught:
        KeyringVault(TimeLimited(MemoryKeyring(broken=broken))).get("home/keys")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("platform", "module"),
    [("linux", "keyring.backends.SecretService"), ("darwin", "keyring.backends.macOS")],
)
def test_the_backend_is_named_by_us(platform: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The class follows from the system alone: neither priority nor the environment has a say."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("KEYRING_PROPERTY_GET_PASSWORD", "trap")
    inner = desktop_keyring(platform=platform).inner
    assert type(inner).__module__ == module
    assert callable(inner.get_password)


def test_a_system_without_one_is_told() -> None:
    """Elsewhere there is an error, not another store."""
    with pytest.raises(VaultError, match="no desktop keyring"):
        desktop_keyring(platform="plan9")


def test_without_a_bus_nothing_else_is_tried(tmp_path: Path) -> None:
    """No Secret Service: exit 3 with the way out, and not one file written."""
    config = tmp_path / "voicepurge.yaml"
    config.write_text(json.dumps(CONFIG))
    done = subprocess.run(
        [sys.executable, "-m", "agent", "--config", str(config), "secret", "set", "ntfy-url"],
        input="hunter2",
        env={
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        },
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "keyring refused" in done.stderr and "{backend: systemd}" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["voicepurge.yaml"]
