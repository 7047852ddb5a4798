"""`voicepurge schedule` and the next runs of `config check`, as a user meets them."""

import shutil
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.daemon.schedule import from_slot_id, slot_id, start_of, timetable
from agent.settings import load
from tests.support.practice_home import Home
from tests.support.timetables import cronsim, ms

BERLIN = ZoneInfo("Europe/Berlin")
ACCOUNT = {"marketplace": "amazon.de", "keep_for": "1d"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two accounts, nobody signed in."""
    found = Home(tmp_path, top={"verify": {}, "limits": {}})
    found.accounts["home"] = {**ACCOUNT, "schedule": {"every": "6h"}, "jitter": "20m"}
    found.accounts["flat"] = {**ACCOUNT, "schedule": {"at": "02:30", "days": ["sat", "sun"]}, "jitter": "0s"}
    found.write()
    return found


def test_it_tells_the_next_runs_of_each_account(home: Home) -> None:
    """Local time and UTC are one moment, the daemon's start of a slot; slots are the oracle's."""
    now = int(time.time() * 1000)
    done = home.run("schedule", "--count", "12", "--json")
    assert done.code == 0 and done.json["timezone"] == "Europe/Berlin"
    lines = {"home": "0 0,6,12,18 * * *", "flat": "30 2 * * 6,0"}
    assert [one["account"] for one in done.json["accounts"]] == list(lines)
    settings = load(home.config, marketplaces=["amazon.de"])
    for one in done.json["accounts"]:
        name = one["account"]
        table = timetable(name, settings.accounts[name], "Europe/Berlin")
        oracle = cronsim(lines[name], "Europe/Berlin", now - 86_400_000 * 7, now + 86_400_000 * 60)
        expected = [slot for slot in oracle if start_of(table, slot) > now][:12]
        assert [run["slot"] for run in one["runs"]] == [slot_id(slot) for slot in expected]
        for run in one["runs"]:
            at = start_of(table, from_slot_id(run["slot"]))
            assert ms(run["utc"]) == ms(run["local"]) == at
            assert datetime.fromisoformat(run["local"]).utcoffset() == BERLIN.utcoffset(
                datetime.fromtimestamp(at / 1000, BERLIN)
            )


def test_as_text_it_is_a_line_a_run(home: Home) -> None:
    """One account or all, in the words of the file, local time with its offset first."""
    done = home.run("schedule", "flat", "--count", "2")
    head, first, second = done.out.splitlines()
    assert head == "flat: at 02:30 on sat, sun, Europe/Berlin"
    assert first.split()[0] in {"Sat", "Sun"} and "02:30:00+0" in first and first.count(" UTC  slot 20") == 1
    assert second != first
    whole = home.run("schedule").out
    assert whole.count("\n") == 12 and "home: every 6h, Europe/Berlin, up to 20m later\n" in whole


def test_config_check_tells_the_next_five_runs(home: Home) -> None:
    """The same five as `schedule`, in text and in JSON."""
    planned, checked = home.run("schedule", "--json"), home.run("config", "check", "--json")
    runs = {one["account"]: one["runs"] for one in planned.json["accounts"]}
    assert checked.json["next_runs"] == runs and len(runs["home"]) == len(runs["flat"]) == 5
    text = home.run("config", "check").out
    for line in home.run("schedule").out.splitlines():
        assert not line.startswith(" ") or f"  {line}\n" in text


def test_what_cannot_be_shown_is_said(home: Home) -> None:
    """An unknown account and a count of nothing are misuse; a broken file lists its problems."""
    unknown = home.run("schedule", "nobody")
    assert unknown.code == 64 and "home, flat" in unknown.err
    assert home.run("schedule", "--count", "0").code == 64
    home.change(schedule={"cron": "0 3 31 2 *"})
    assert home.run("schedule").code == 78


def test_a_zone_the_machine_has_lost_is_told_with_its_place(home: Home, tmp_path: Path) -> None:
    """Without its zone in the time zone database nothing is planned by a guess: exit 78, line and remedy."""
    (tmp_path / "zones").mkdir()
    for zones, says in ((tmp_path / "zones", "install tzdata"), (tmp_path / "zones", "is no time zone")):
        done = home.spawn("schedule", environment={"PYTHONTZPATH": str(zones)})
        assert done.code == 78 and done.out == ""
        assert f"{home.config}:3:" in done.err and "timezone: " in done.err and says in done.err
        shutil.copy("/usr/share/zoneinfo/UTC", zones / "UTC")
