import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from agent.model import Verdict
from agent.reporting.metrics import FILE, Subject, write
from agent.state import AccountState, Visible

NOW = 1_800_000_000_000
SEEN = Visible(NOW - 5000, 0, 12, 9, 3, "2027-01-14T03Z", {"voice": 12}, {"abcdef": 12})
STATE = AccountState(
    signed_in=NOW - 86_400_000,
    last_clean=NOW - 60_000,
    last_ended=NOW - 1000,
    missed=4,
    visible=SEEN,
    runs={Verdict.VERIFIED: 7, Verdict.RESIDUAL: 1},
)


def numbers(directory: Path) -> dict[tuple[str, str], float]:
    """What a real Prometheus parser reads: value by name and the one label that is not the account's."""
    text = (directory / FILE).read_text()
    return {
        (sample.name, "".join(v for k, v in sample.labels.items() if k not in ("account", "practice"))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_numbers_are_those_of_the_ledger(tmp_path: Path) -> None:
    """Last verified, visible by surface, runs by verdict, oldest, sign-in, missed, in base units."""
    write(tmp_path, {"home": Subject(False, STATE)}, NOW)
    found = numbers(tmp_path)
    assert found["voicepurge_last_verified_timestamp_seconds", ""] == (NOW - 60_000) / 1000
    assert found["voicepurge_visible_recordings", "voice"] == 12
    assert found["voicepurge_visible_recordings", "activity"] == 0
    assert found["voicepurge_runs_total", "verified"] == 7
    assert found["voicepurge_runs_total", "residual"] == 1
    assert found["voicepurge_missed_slots_total", ""] == 4
    assert found["voicepurge_sign_in_age_seconds", ""] == 86_400
    age = found["voicepurge_oldest_visible_recording_age_seconds", ""]
    assert age == NOW / 1000 - found["voicepurge_oldest_visible_recording_timestamp_seconds", ""]
    assert found["voicepurge_due_recordings", ""] == 3
    assert not [name for name, _ in found if name.endswith("_created")]


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    """A fresh account has no time of a verified look and no count of anything visible: never zero."""
    write(tmp_path, {"home": Subject(True, AccountState())}, NOW)
    names = {name for name, _ in numbers(tmp_path)}
    assert "voicepurge_last_verified_timestamp_seconds" not in names
    assert "voicepurge_visible_recordings" not in names
    assert "voicepurge_sign_in_age_seconds" not in names
    assert 'practice="true"' in (tmp_path / FILE).read_text()


@given(st.sets(st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True), min_size=1, max_size=4))
def test_accounts_do_not_mix(tmp_path_factory: pytest.TempPathFactory, names: set[str]) -> None:
    """Each account has its own row, whatever it is called."""
    place = tmp_path_factory.mktemp("prom")
    write(place, {name: Subject(False, STATE) for name in names}, NOW)
    families = text_string_to_metric_families((place / FILE).read_text())
    rows = [s.labels["account"] for f in families for s in f.samples if s.name.endswith("missed_slots_total")]
    assert sorted(rows) == sorted(names)


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    """A reader sees the old or the new file, never a part; nothing else is left beside it."""
    write(tmp_path, {"home": Subject(False, AccountState())}, NOW)
    with (tmp_path / FILE).open() as reader:
        first = os.fstat(reader.fileno()).st_ino
        write(tmp_path, {"home": Subject(False, STATE)}, NOW)
        assert "voicepurge_last_verified_timestamp_seconds{" not in reader.read()
    assert (tmp_path / FILE).stat().st_ino != first
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o644
