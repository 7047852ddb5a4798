"""Renaming an account, also when it was interrupted."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.auth.rename import rename
from agent.errors import BusyError, UsageError
from agent.wiring import Installation, install, ledger_of
from tests.support.fake_clock import FakeClock
from tests.support.practice_home import Home, practice_account

THINGS = ("keys", "sign-in", "kept-devices")
STATES = [*((copied, False, 0) for copied in range(4)), *((3, True, removed) for removed in range(3))]
"""All a crash can leave: secrets are copied, then the directory is moved, then the old secrets go."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    """An account `home` with a ledger and three secrets."""
    home = Home(tmp_path, {"home": practice_account("https://127.0.0.1:9", tmp_path / "ca.pem", {})})
    home.write()
    installation = install(home.config, home.environment())
    with ledger_of(installation, "home", FakeClock()):
        pass
    for thing in THINGS[1:]:
        installation.vault.set(f"home/{thing}", f"about {thing}")
    yield installation
    shutil.rmtree(installation.state)


def names(place: Installation) -> list[str]:
    return list(place.vault.names())


@pytest.mark.parametrize(("copied", "moved", "removed"), STATES)
def test_an_interrupted_rename_goes_on_where_it_stopped(
    place: Installation, copied: int, *, moved: bool, removed: int
) -> None:
    """From every state a crash can leave, the same command ends with everything under the new name."""
    secrets = {thing: place.vault.get(f"home/{thing}") for thing in THINGS}
    ledger = (place.directory("home") / "ledger.jsonl").read_bytes()
    for thing in sorted(THINGS)[:copied]:
        place.vault.set(f"flat/{thing}", str(secrets[thing]))
    if moved:
        place.directory("home").rename(place.directory("flat"))
    for thing in sorted(THINGS)[:removed]:
        place.vault.remove(f"home/{thing}")
    rename(place, "home", "flat", FakeClock())
    assert names(place) == sorted(f"flat/{thing}" for thing in THINGS)
    assert {thing: place.vault.get(f"flat/{thing}") for thing in THINGS} == secrets
    assert (place.directory("flat") / "ledger.jsonl").read_bytes() == ledger
    assert not place.directory("home").exists()


def test_a_run_in_progress_keeps_its_name(place: Installation) -> None:
    """While somebody holds the ledger nothing moves; afterwards it goes on."""
    with ledger_of(place, "home", FakeClock()), pytest.raises(BusyError):
        rename(place, "home", "flat", FakeClock())
    assert place.directory("home").exists() and names(place) == sorted(f"home/{thing}" for thing in THINGS)
    rename(place, "home", "flat", FakeClock())
    assert names(place) == sorted(f"flat/{thing}" for thing in THINGS)


def test_other_secrets_under_the_new_name_are_not_mixed_in(place: Installation) -> None:
    """What another account left there is not touched."""
    place.vault.set("flat/sign-in", "somebody else's")
    before = names(place)
    with pytest.raises(UsageError):
        rename(place, "home", "flat", FakeClock())
    assert names(place) == before and place.directory("home").exists()


@pytest.mark.parametrize("new", ["", "home", "Flat", "../flat", "a/b", "x" * 33])
def test_a_name_that_is_none_is_refused(place: Installation, new: str) -> None:
    """Names follow the configuration's rule; nothing moves."""
    with pytest.raises(UsageError):
        rename(place, "home", new, FakeClock())
    with pytest.raises(UsageError):
        rename(place, "../accounts/home", "flat", FakeClock())
    assert place.directory("home").exists()
