"""A million entries: `status` reads only the ends, `log` streams."""

import time
from pathlib import Path

import pytest

from agent.ledger.verify import verify
from tests.support.ledger_home import VKEY
from tests.support.long_ledger import cost, long_ledger
from tests.support.practice_home import Home, practice_account

MANY, FEWER = 1_000_000, 100_000


def home_with(place: Path, entries: int) -> Home:
    """A home whose account has a ledger of so many entries, the newest just now."""
    home = Home(place, {"home": practice_account("https://127.0.0.1:1", place / "ca.pem", {})})
    place.mkdir(exist_ok=True)
    home.write()
    long_ledger(home.directory(), entries, int(time.time() * 1000) - entries * 1000)
    return home


def test_the_fast_writer_writes_what_the_ledger_would(tmp_path: Path) -> None:
    """Every byte verifies, summaries included; so the long ones below are real ledgers."""
    for entries in (11, 500):
        directory = long_ledger(tmp_path / str(entries), entries, 1_700_000_000_000)
        report = verify(directory, vkey=VKEY)
        assert report.ok, report.problems
        assert entries <= report.entries == report.signed < entries + 5


@pytest.mark.heavy
def test_a_million_entries_are_no_burden(tmp_path: Path) -> None:
    """`status` in under 0.5 s (the best of five) and 80 MB; `log --json` of ten times as much takes no more.

    No more memory, that is: at most a tenth above that of a ledger ten times shorter.
    """
    long, short = home_with(tmp_path / "long", MANY), home_with(tmp_path / "short", FEWER)
    tries = [cost(long, "status", "--json") for _ in range(5)]
    assert {one.code for one in tries} == {3}  # nobody signed in to this one
    assert min(one.seconds for one in tries) < 0.5, tries
    assert max(one.peak_mb for one in tries) < 80, tries
    assert long.spawn("status", "--json").json["accounts"][0]["ledger"]["entries"] >= MANY
    streamed, less = cost(long, "log", "--json"), cost(short, "log", "--json")
    assert streamed.code == less.code == 0
    assert streamed.size > 9 * less.size > 9 * FEWER
    assert streamed.peak_mb < 1.1 * less.peak_mb, (streamed, less)
