from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.settings import duration
from tests.support.config_text import PRACTICE, config, problems, read

SCHEDULES = {
    "{every: 7h}": "every: neither divides a day nor is whole days (6h or 8h)",
    "{every: 25h}": "every: neither divides a day nor is whole days (1d or 2d)",
    "{every: 10m}": "every: is too often (at least 15m)",
    "{every: 1350s}": "every: is not whole minutes (20m or 24m)",
    "{every: 6h, days: [mon]}": "days: goes with `at` only",
    '{every: 6h, at: "03:10"}': "at: a second way to say when (keep one of every, at, cron)",
    "{days: [mon]}": 'days: says on which days, but not when (add at: "03:10")',
    "{}": "schedule: does not say when",
    '{at: "3:10"}': "at: must be a time of day",
    '{at: "24:00"}': "at: must be a time of day",
    '{at: "03:10", days: [monday]}': "days[0]: must be one of mon, tue, wed, thu, fri, sat, sun (did",
    '{at: "03:10", days: []}': "days: must have at least 1 entry",
    '{cron: "*/10 * * * *"}': "cron: is too often (at least 15m apart)",
    '{cron: "0,50 * * * *"}': "cron: is too often (at least 15m apart)",
    '{cron: "10 3 * *"}': "cron: must have five fields",
}


@pytest.mark.parametrize(("schedule", "problem"), SCHEDULES.items(), ids=SCHEDULES)
def test_impossible_schedules_are_refused(schedule: str, problem: str) -> None:
    """Each with what would do."""
    (found,) = problems(config(f"schedule: {schedule}"))
    assert problem in found


@given(minutes=st.integers(1, 4 * 24 * 60), practice=st.booleans())
@settings(deadline=None)
def test_every_fits_into_days(minutes: int, practice: bool) -> None:
    """Exactly those distances pass that meet midnight again and are not too short."""
    every = timedelta(minutes=minutes)
    text = config(f"schedule: {{every: {duration.show(every)}}}", practice=practice)
    fits = (1440 % minutes == 0 or minutes % 1440 == 0) and (practice or minutes >= 15)
    assert (problems(text) == ()) is fits


@given(minutes=st.integers(16, 4 * 24 * 60))
@settings(deadline=None)
def test_a_proposed_distance_is_valid(minutes: int) -> None:
    """What a refusal proposes is accepted."""
    found = problems(config(f"schedule: {{every: {minutes}m}}"))
    for one in found:
        for proposal in one.rpartition("(")[2].rstrip(")").split(" or "):
            assert problems(config(f"schedule: {{every: {proposal}}}")) == ()


@pytest.mark.parametrize("every", ["15m", "1h", "12h", "1d", "2w"])
def test_jitter_stays_in_its_slot(every: str) -> None:
    """The default never reaches the next slot; one that would is refused."""
    account = read(config(f"schedule: {{every: {every}}}")).accounts["home"]
    assert account.schedule.every is not None
    assert account.jitter <= min(timedelta(minutes=20), account.schedule.every / 4)
    (found,) = problems(config(f"schedule: {{every: {every}}}, jitter: {every}"))
    assert "jitter: reaches into the next slot" in found


def test_rechecks_grow() -> None:
    """Waits that do not grow are refused at the first that is wrong."""
    (found,) = problems(config(rest="verify: {recheck: [1m, 5m, 5m]}"))
    assert found.startswith("c.yaml:5:28: verify.recheck[2]: is not longer than the one before")


@pytest.mark.parametrize(
    "rest",
    ["verify: {recheck: [0s]}", "limits: {requests_per_second: 500}", "limits: {run_timeout: 5s}"],
)
def test_haste_is_for_practice_only(rest: str) -> None:
    """Short waits and high rates are allowed where every account is practice, else nowhere."""
    assert problems(config(rest=rest, practice=True)) == ()
    assert len(problems(config(rest=rest))) == 1
    both = f"  play: {{marketplace: amazon.de, keep_for: 1d, {PRACTICE}}}\n"
    assert len(problems(config(rest=both + rest))) == 1


def test_a_key_file_is_for_the_file_backend() -> None:
    """Elsewhere it would be ignored, so it is refused."""
    assert problems(config(rest="credentials: {backend: file, key_file: /run/secrets/key}")) == ()
    (found,) = problems(config(rest="credentials: {backend: systemd, key_file: /run/secrets/key}"))
    assert "credentials.key_file: goes with `backend: file` only" in found


def test_rules_show_beside_wrong_values() -> None:
    """A broken rule is not hidden by a wrong value elsewhere: one reading, every problem, in file order."""
    found = problems(
        "version: 3\naccounts:\n  home: {marketplace: amazon.xx, keep_for: 1, schedule: {every: 7h}}\n"
        "verify: {recheck: [1s]}\nfoo: 1\n"
    )
    assert [one.split(": ")[1] for one in found] == [
        "timezone",
        "version",
        "accounts.home.marketplace",
        "accounts.home.keep_for",
        "accounts.home.schedule.every",
        "verify.recheck[0]",
        "foo",
    ]
