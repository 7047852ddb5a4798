from pathlib import Path

import pytest

from agent.doctor import secrets
from agent.doctor.finding import Level
from agent.doctor.secrets import Seal

# Beginnings of credentials: one made with `systemd-creds encrypt --with-key=host` of systemd 252, and the
# published example of https://systemd.io/CREDENTIALS, sealed with host key and TPM.
BY_HOST = "Whxqht+dQJax1aZeCGLxmiAAAAABAAAADAAAABAAAAAOl+kNBhWLQJ3NLi4A"
BY_HOST_AND_TPM = "k6iUCUh0RJCQyvL8k8q1UyAAAAABAAAADAAAABAAAAC1lFmbWAqWZ8dCCQkAAAAA"


@pytest.mark.parametrize(
    ("text", "seal"),
    [(BY_HOST, Seal.HOST), (BY_HOST_AND_TPM, Seal.OTHER), ("no base64!", Seal.UNREADABLE), ("", Seal.OTHER)],
)
def test_how_a_credential_is_sealed_is_read_from_its_beginning(tmp_path: Path, text: str, seal: Seal) -> None:
    """Nothing is opened for it."""
    (tmp_path / "key").write_text(text)
    assert secrets.seal_of(tmp_path / "key") is seal


def test_a_credential_that_is_not_there_is_missing(tmp_path: Path) -> None:
    """A directory in its place is no credential either."""
    assert secrets.seal_of(tmp_path / "key") is Seal.MISSING
    assert secrets.seal_of(tmp_path) is Seal.UNREADABLE


@pytest.mark.parametrize(
    ("seal", "words"),
    [
        (Seal.HOST, "/var/lib/systemd/credential.secret"),
        (Seal.OTHER, "TPM"),
        (Seal.UNREADABLE, "Only root"),
    ],
)
def test_a_backup_is_told_what_it_needs(seal: Seal, words: str) -> None:
    """A warning with a way out: what opens the key here is not in a copy of the state."""
    found = secrets.backups(seal, "systemd")
    assert found is not None
    assert (found.level, found.exit_code) == (Level.WARNING, 0)
    assert words in found.what and "voicepurge" in found.next_step


def test_without_a_credential_a_backup_needs_nothing_more() -> None:
    """A key file is copied like any other file."""
    assert secrets.backups(Seal.HOST, "file") is None
    assert secrets.backups(Seal.MISSING, "systemd") is None


def test_named_secrets_must_be_there() -> None:
    """A message that cannot be sent is a failure; the names may be shown, values are never read."""
    found = secrets.named({"ntfy-url": False, "healthchecks-url": True})
    assert found is not None
    assert (found.level, found.exit_code) == (Level.FAILS, 3)
    assert "voicepurge secret set ntfy-url" in found.next_step
    good = secrets.named({"ntfy-url": True})
    assert good is not None and good.level is Level.OK
    assert secrets.named({}) is None
