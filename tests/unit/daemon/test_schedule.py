import zoneinfo
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.daemon import schedule
from agent.daemon.schedule import from_slot_id, jitter_of, next_slot, slot_id, slots_until, start_of
from agent.errors import ConfigError
from tests.support import config_text
from tests.support.timetables import DAY, MINUTE, ZONES, cronsim, ms, shown, slots, timetable

FIRST, LAST = ms("2017-01-01T00:00Z"), ms("2030-01-01T00:00Z")
SCHEDULES: tuple[dict[str, object], ...] = (
    {"every": "15m"},
    {"every": "1h"},
    {"every": "90m"},
    {"every": "1d"},
    {"every": "3d"},
    {"at": "02:30"},
    {"at": "00:00", "days": ("sun", "mon")},
    {"cron": "*/20 1-3 * * *"},
    {"cron": "10 3 29 2 *"},
    {"cron": "*/15 * * * sun"},
)
tables = st.builds(
    timetable,
    st.sampled_from(ZONES),
    st.sampled_from(SCHEDULES),
    st.integers(0, 14) | st.integers(0, 40 * DAY),
)
moments = st.integers(FIRST, LAST)


def listed(*times: int) -> str:
    """A field of a cron line that names each value, so that cronsim takes the line as one of fixed times."""
    return ",".join(map(str, times))


# `every` and `at` in cron's words, with each time named (see `timetables.cronsim`).
FIXED = {
    "at: 02:30": ({"at": "02:30"}, "30 2 * * 0,1,2,3,4,5,6"),
    "at: 00:00": ({"at": "00:00"}, "0 0 * * 0,1,2,3,4,5,6"),
    "at: 01:45 on two days": ({"at": "01:45", "days": ("sun", "wed")}, "45 1 * * 0,3"),
    "every: 6h": ({"every": "6h"}, "0 0,6,12,18 * * *"),
    "every: 2h": ({"every": "2h"}, f"0 {listed(*range(0, 24, 2))} * * *"),
    "every: 1d": ({"every": "1d"}, "0 0 * * *"),
    "cron at named times": ({"cron": "5,35 1-3 * * *"}, "5,35 1-3 * * *"),
    "cron on a day of the month": ({"cron": "10 3 1,15,31 * *"}, "10 3 1,15,31 * *"),
    "cron on weekdays": ({"cron": "0 2 * 3,10,11 sun-tue"}, "0 2 * 3,10,11 0-2"),
    "cron on 29 February": ({"cron": "10 3 29 2 *"}, "10 3 29 2 *"),
}
HOURLY = {
    "every: 1h": ({"every": "1h"}, "0", "*"),
    "every: 15m": ({"every": "15m"}, "0,15,30,45", "*"),
    "cron": ({"cron": "20,50 * * * *"}, "20,50", "*"),
}
CHANGES = (
    *((zone, ("2026-10-02", "2026-11-14")) for zone in ZONES),
    *((zone, ("2027-03-10", "2027-04-10")) for zone in ZONES[:3]),
    (ZONES[-1], ("2018-02-12", "2018-02-25")),
    (ZONES[-1], ("2018-10-28", "2018-11-14")),
)
"""Weeks in which clocks were or will be set."""
KNOWN_JITTER = 281_509


@pytest.mark.parametrize(("zone", "year"), [*((zone, 2026) for zone in ZONES), (ZONES[-1], 2017)])
@pytest.mark.parametrize(("words", "line"), FIXED.values(), ids=FIXED)
def test_slots_are_those_of_an_independent_oracle(
    zone: str, words: dict[str, object], line: str, year: int
) -> None:
    """Over two years in each zone cronsim names the same slots, no more and no fewer."""
    start, end = ms(f"{year}-01-01T00:00Z"), ms(f"{year + 2}-01-01T00:00Z")
    assert slots(timetable(zone, words), start, end) == cronsim(line, zone, start, end)


@pytest.mark.parametrize(("zone", "months"), CHANGES)
@pytest.mark.parametrize(("words", "minutes", "hours"), HOURLY.values(), ids=HOURLY)
def test_slots_in_every_hour_are_those_of_the_oracle(
    zone: str, words: dict[str, object], minutes: str, hours: str, months: tuple[str, str]
) -> None:
    """Hourly slots run in a repeated hour too, and right after a leap over one: both of cronsim's readings.

    cronsim has the first for `*` alone and the second for named hours alone.
    """
    start, end = (ms(f"{day}T00:00Z") for day in months)
    stars = cronsim(f"{minutes} {hours} * * *", zone, start, end)
    named = cronsim(f"{minutes} {listed(*range(24))} * * *", zone, start, end)
    assert slots(timetable(zone, words), start, end) == sorted({*stars, *named})


@given(tables, moments)
def test_next_and_past_slots_agree(table: schedule.Timetable, at: int) -> None:
    """The next slot is later, nothing lies between, and looking back from it finds it and what was before."""
    following = next_slot(table, at)
    assert following > at
    assert next_slot(table, following - 1) == following
    back = slots_until(table, following)
    assert next(back) == following
    before = next(back)
    assert before <= at and next_slot(table, before) == following


@given(tables, moments)
def test_slots_have_names(table: schedule.Timetable, at: int) -> None:
    """A slot's name says its UTC minute, leads back to it, and sorts as it does."""
    one = next_slot(table, at)
    two = next_slot(table, one)
    assert from_slot_id(slot_id(one)) == one
    assert slot_id(one) < slot_id(two)
    assert slot_id(one) == datetime.fromtimestamp(one // 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")


@pytest.mark.parametrize("text", ["", "2026-11-24", "2026-11-24T02:10", "2026-11-24T2:10Z", "soon"])
def test_other_text_names_no_slot(text: str) -> None:
    """What no slot is called is refused."""
    with pytest.raises(ValueError, match=r"slot|match|format"):
        from_slot_id(text)


@given(tables, moments)
def test_jitter_stays_before_the_next_slot(table: schedule.Timetable, at: int) -> None:
    """A run starts at its slot or at most the jitter later, and always before the next slot."""
    slot = next_slot(table, at)
    assert 0 <= jitter_of(table, slot) <= table.jitter_ms
    assert slot <= start_of(table, slot) < next_slot(table, slot)


def test_jitter_is_fixed_for_a_slot_and_differs_between_them() -> None:
    """It survives a restart, spreads over its whole range, and two accounts do not ask at the same time."""
    table = timetable("Europe/Berlin", {"every": "6h"}, 20 * MINUTE)
    other = schedule.Timetable("other", table.schedule, table.zone, table.jitter_ms, table.catch_up_ms)
    several = slots(table, ms("2026-01-01T00:00Z"), ms("2027-01-01T00:00Z"))
    offsets = [jitter_of(table, slot) for slot in several]
    assert offsets == [jitter_of(table, slot) for slot in several]
    assert jitter_of(table, ms("2026-11-24T05:00Z")) == KNOWN_JITTER
    assert len(set(offsets)) > len(offsets) * 0.95
    assert max(offsets) > 19 * MINUTE and min(offsets) < MINUTE
    assert sum(one != jitter_of(other, slot) for one, slot in zip(offsets, several, strict=True)) > 1400


def test_a_daily_run_in_a_leap_comes_right_after_it() -> None:
    """02:30 does not exist on the day clocks are set forward; the run comes once, when the leap is over."""
    berlin = timetable("Europe/Berlin", {"at": "02:30"})
    spring = ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]
    assert shown(berlin, "2026-03-28T00:00Z", "2026-03-31T00:00Z") == spring
    sao_paulo = timetable("America/Sao_Paulo", {"every": "1d"})
    assert shown(sao_paulo, "2018-11-03T00:00Z", "2018-11-05T12:00Z") == [
        "03 00:00-0300",
        "04 01:00-0200",  # there was no midnight
        "05 00:00-0200",
    ]


def test_a_daily_run_in_a_repeated_hour_comes_once() -> None:
    """02:30 exists twice on the day clocks are set back; the first counts."""
    berlin = timetable("Europe/Berlin", {"at": "02:30"})
    autumn = ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]
    assert shown(berlin, "2026-10-24T00:00Z", "2026-10-27T00:00Z") == autumn
    lord_howe = timetable("Australia/Lord_Howe", {"at": "01:45"})
    assert shown(lord_howe, "2026-04-04T00:00Z", "2026-04-05T00:00Z") == ["05 01:45+1100"]


def test_hourly_runs_keep_their_distance_where_clocks_are_set() -> None:
    """In the repeated hour they run twice, over the leap not at all: never two at once, no long pause."""
    hourly = timetable("Europe/Berlin", {"every": "1h"})
    assert shown(hourly, "2026-10-24T22:59Z", "2026-10-25T02:30Z") == [
        "25 01:00+0200",
        "25 02:00+0200",
        "25 02:00+0100",
        "25 03:00+0100",
    ]
    assert shown(hourly, "2026-03-28T23:59Z", "2026-03-29T02:30Z") == [
        "29 01:00+0100",
        "29 03:00+0200",
        "29 04:00+0200",
    ]
    quarter = slots(
        timetable("Europe/Berlin", {"every": "15m"}), ms("2026-10-20T00:00Z"), ms("2027-04-01T00:00Z")
    )
    assert {later - one for one, later in pairwise(quarter)} == {15 * MINUTE}


def test_rarer_runs_do_not_repeat_where_clocks_are_set() -> None:
    """`every: 2h` names its hours, and an hour that is named comes once a day."""
    table = timetable("Europe/Berlin", {"every": "2h"})
    autumn = ["25 00:00+0200", "25 02:00+0200", "25 04:00+0100"]
    assert shown(table, "2026-10-24T21:30Z", "2026-10-25T03:30Z") == autumn


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:00", "00:30", "01:45", "02:00", "02:30", "23:30"])
def test_each_day_has_one_daily_run(zone: str, at: str) -> None:
    """Also on every day of thirteen years on which clocks were or will be set."""
    found = slots(timetable(zone, {"at": at}), FIRST, LAST)
    days = [datetime.fromtimestamp(slot / 1000, zoneinfo.ZoneInfo(zone)).date() for slot in found]
    assert len(set(days)) == len(days)
    assert (days[-1] - days[0]).days == len(days) - 1


def test_slots_of_a_day_may_lie_within_the_next() -> None:
    """Where clocks were set back just after midnight (St. John's, 2010), hourly slots still come in order."""
    table = timetable("America/St_Johns", {"every": "15m"})
    start, end = ms("2010-11-06T12:00Z"), ms("2010-11-07T12:00Z")
    found = slots(table, start, end)
    assert len(found) == 4 * 24 - 1 and found == sorted(set(found))
    back = [slot for slot in slots_until(timetable("America/St_Johns", {"every": "1h"}), end) if slot > start]
    assert back[::-1] == slots(timetable("America/St_Johns", {"every": "1h"}), start, end + 1)


def test_whole_days_are_counted_from_a_fixed_monday() -> None:
    """A restart does not move them, and weeks begin on Mondays."""
    weekly = slots(timetable("Europe/Berlin", {"every": "1w"}), FIRST, LAST)
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    assert {datetime.fromtimestamp(slot / 1000, berlin).strftime("%a %H:%M") for slot in weekly} == {
        "Mon 00:00"
    }
    third = timetable("Europe/Berlin", {"every": "3d"})
    assert slots(third, FIRST, LAST)[5:] == slots(third, slots(third, FIRST, LAST)[4], LAST)


def test_rare_days_are_found_and_none_is_said_soon() -> None:
    """29 February is found over the eight years around 2100; where the calendar ends, a clear error."""
    leap = timetable("Asia/Kolkata", {"cron": "0 3 29 2 *"})
    assert slot_id(next_slot(leap, ms("2096-03-01T00:00Z"))) == "2104-02-28T21:30Z"
    for table in (
        leap,
        timetable("Asia/Kolkata", {"every": "36500d"}),
        timetable("Asia/Kolkata", {"every": "15m"}),
    ):
        for at in (ms("9999-12-31T23:00Z"), 10**17, -(10**17)):
            with pytest.raises(ConfigError, match="no next slot"):
                next_slot(table, at)


def test_a_timetable_is_what_the_configuration_says() -> None:
    """Lengths in ms, the zone by its name."""
    account = config_text.read(config_text.config()).accounts["home"]
    table = schedule.timetable("home", account, "Asia/Kolkata")
    assert (table.catch_up_ms, table.jitter_ms) == (3 * DAY, 20 * MINUTE)
    assert slot_id(next_slot(table, ms("2026-11-24T00:00Z"))) == "2026-11-24T00:30Z"


def test_a_zone_that_is_gone_is_said(tmp_path: Path) -> None:
    """When the time zone database loses a zone, that is an error of the configuration, with what to do."""
    account = config_text.read(config_text.config()).accounts["home"]
    before = zoneinfo.TZPATH
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath([str(tmp_path)])
    try:
        with pytest.raises(ConfigError, match="has no Europe/Berlin") as found:
            schedule.timetable("home", account, "Europe/Berlin")
    finally:
        zoneinfo.reset_tzpath(before)
    assert "tzdata" in found.value.next_step and found.value.exit_code == 78
    assert schedule.timetable("home", account, "Europe/Berlin").zone.key == "Europe/Berlin"
