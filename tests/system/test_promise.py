"""A run says how long it will take, and keeps to it."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.practice_home import Home, documents, practice_home

SLACK = 2


def moment(entry: dict[str, str]) -> float:
    return datetime.fromisoformat(entry["t"]).timestamp()


def promised_and_taken(home: Home) -> tuple[float, float, str]:
    """Seconds promised when the plan was made, seconds from there to the end, and what was said."""
    done = home.run("run", "--json")
    assert done.run["verdict"] == "verified"
    entries = documents(home.run("log", "--json", "--run", done.run["run"]).out)
    (listed,) = [entry for entry in entries if entry["event"] == "listed"]
    assert listed["expected_s"] == done.run["expected_s"]
    return done.run["expected_s"], moment(entries[-1]) - moment(listed), done.err


@pytest.mark.heavy
@pytest.mark.parametrize(("per_second", "recheck"), [(5, "1s"), (40, "2s")])
def test_a_small_run_keeps_its_promise(tmp_path: Path, per_second: int, recheck: str) -> None:
    """The expected duration is printed before the first request and is right within a factor of two."""
    with practice_home(tmp_path, recordings=40) as (home, _cloud):
        home.top.update({"limits": {"requests_per_second": per_second}, "verify": {"recheck": [recheck]}})
        home.write()
        promised, taken, said = promised_and_taken(home)
    assert taken / SLACK <= promised <= taken * SLACK, f"{promised} s promised, {taken} s taken"
    told = re.search(r"recordings are due: about (\d+) s from here", said)
    assert told is not None
    assert abs(int(told[1]) - promised) <= 1
    assert said.index("from here") < said.index("requesting")
