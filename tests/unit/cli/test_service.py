import os
from pathlib import Path

import pytest

from agent.cli.service import UNIT_FILE, Wanted, put
from agent.cli.service_removal import accounts_signed_in
from agent.daemon.unit import UNIT
from tests.support.practice_home import practice_home


def test_a_file_is_written_once(tmp_path: Path) -> None:
    """What is already as wanted is not touched; what differs is replaced."""
    file = Wanted(tmp_path / "new" / UNIT_FILE.name, "one\n")
    assert put(file) == "written"
    before = file.path.stat()
    assert put(file) == "unchanged"
    assert file.path.stat() == before
    assert put(Wanted(file.path, "two\n")) == "written"
    assert file.path.read_text() == "two\n"
    assert [path.name for path in file.path.parent.iterdir()] == [UNIT]


def test_a_file_to_keep_is_never_written_over(tmp_path: Path) -> None:
    """The person's configuration stays, byte by byte."""
    path = tmp_path / "voicepurge.yaml"
    path.write_text("mine\n")
    assert put(Wanted(path, "example\n", keep=True)) == "kept"
    assert path.read_text() == "mine\n"


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_rights_do_not_hang_on_the_umask(tmp_path: Path, umask: int) -> None:
    """With a strict umask the service can read what root installs, with a lax one nobody can write it."""
    before = os.umask(umask)
    try:
        put(Wanted(tmp_path / "etc" / "file", "x", 0o640))
    finally:
        os.umask(before)
    assert (tmp_path / "etc").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "etc" / "file").stat().st_mode & 0o777 == 0o640


def test_who_is_signed_in_is_known_from_the_ledger(tmp_path: Path) -> None:
    """Without the vault; a ledger that cannot be read counts, since somebody may be."""
    assert accounts_signed_in(tmp_path) == []
    with practice_home(tmp_path / "home") as (home, cloud):
        home.join(cloud, "flat")
        assert accounts_signed_in(home.state) == ["flat", "home"]
        assert home.run("logout", "home").code == 0
        assert accounts_signed_in(home.state) == ["flat"]
        (home.directory("home") / "ledger.jsonl").write_bytes(b"no ledger\n")
        assert accounts_signed_in(home.state) == ["flat", "home"]
