"""`backend: keyring` against a real gnome-keyring, once unlocked and once locked."""

import json
import time
from pathlib import Path

import pytest

from tests.support.secret_service import in_session

pytestmark = pytest.mark.heavy

CONFIG = {
    "version": 1,
    "timezone": "Europe/Berlin",
    "accounts": {"home": {"marketplace": "amazon.de", "keep_for": "1d"}},
    "credentials": {"backend": "keyring"},
    "notify": {"urls": ["{credential:ntfy-url}"]},
}


def environ(home: Path) -> dict[str, str]:
    (home / "voicepurge.yaml").write_text(json.dumps(CONFIG))
    return {"VOICEPURGE_CONFIG": str(home / "voicepurge.yaml")}


def test_secrets_outlive_a_session_and_a_locked_one_says_so(tmp_path: Path) -> None:
    """Stored in one session, read in the next; locked: exit 3 with a next step, within 5 s and no hang."""
    where = environ(tmp_path)
    stored = in_session(tmp_path, "-m", "agent", "secret", "set", "ntfy-url", give="hunter2", environ=where)
    assert stored.returncode == 0, stored.stderr
    listed = in_session(tmp_path, "-m", "agent", "secret", "list", "--json", environ=where)
    assert json.loads(listed.stdout)["secrets"] == [{"secret": "ntfy-url", "stored": True, "used": True}]
    began = time.monotonic()
    refused = in_session(tmp_path, "-m", "agent", "secret", "list", locked=True, environ=where)
    took = time.monotonic() - began
    assert refused.returncode == 3, (refused.stdout, refused.stderr)
    assert "locked" in refused.stderr and "Next: Unlock it" in refused.stderr
    assert took < 10, "5 s for the keyring, the rest for starting bus, daemon and program"
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hunter2" not in written
