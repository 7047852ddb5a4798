from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.settings import duration
from agent.settings.problem import RefusedError
from tests.support.config_text import config, problems, read

REFERENCE = 'put it in the vault: `voicepurge secret set NAME`, then write "{credential:NAME}"'

WRONG = {
    "keep_for: 24": "must be a whole number and a unit",
    "timezone: Europe/Berln": "is no time zone (did you mean Europe/Berlin?)",
    "timezone: localtime": "is no time zone",
    "timezone: ../../etc/passwd": "is no time zone",
    "version: 2": "must be 1",
    "version: true": "must be 1",
    "marketplace: amazon.dee": "is no marketplace we know (did you mean amazon.de?)",
    "surfaces: [voic]": "must be one of voice, activity (did you mean voice?)",
    "surfaces: []": "must have at least 1 entry",
    "surfaces: [voice, voice]": "says something twice",
    "surfaces: voice": "must be a list",
    "methods: [recipe]": "is no method (learned, phrase or recipe:NAME)",
    "methods: [recipe:../x]": "is no method",
    "methods: [learned, learned]": "says something twice",
    "methods: {learned}": "must be a list",
    "keep_devices: [5]": "must be text (put it in quotes)",
    "keep_devices: ['  ']": "is no name of a device",
    "confirm_over: -1": "must be at least 0",
    "confirm_over: '5'": "must be a whole number",
    "confirm_over: 1.5": "must be a whole number",
    "jitter: 1h30m": "must be a whole number and a unit",
    "catch_up: 9999999w": "is longer than 100 years",
    "practice: {url: 'https://amazon.de:443', ca: /x}": "must be a practice cloud here",
    "practice: {url: 'http://127.0.0.1:443', ca: /x}": "must be a practice cloud here",
    "practice: {url: 'https://127.0.0.1:99999', ca: /x}": "has no such port",
    "practice: {url: 'https://127.0.0.1:443/x', ca: /x}": "must be a practice cloud here",
    "practice: {url: 'https://127.0.0.1:443', ca: x}": "must be the full path of a file",
    "practice: {url: 'https://127.0.0.1:443'}": "is missing",
    "verify: {recheck: []}": "must have at least 1 entry",
    "limits: {concurrency: 0}": "must be at least 1",
    "limits: {requests_per_second: 0}": "must be more than 0",
    "limits: {requests_per_second: .nan}": "must be a number",
    "credentials: {backend: keyrings}": "must be one of systemd, keyring, file (did you mean keyring?)",
    "credentials: {key_file: key}": "must be the full path of a file",
    "notify: {urls: ['https://ntfy.sh/topic']}": REFERENCE,
    "notify: {urls: [{credential:ntfy-url}]}": "must be text (put it in quotes)",
    "notify: {when: [never]}": "must be one of residual, unverifiable, blocked, drifted, missed, recovered",
    "healthchecks: {url: https://hc-ping.com/uuid}": REFERENCE,
    "healthchecks: {}": "is missing",
    "report: true": "must be a mapping",
    "accounts: {}": "must have at least 1 entry",
    "accounts: [home]": "must be a mapping",
}
OF_ACCOUNT = (
    "keep_for marketplace surfaces methods keep_devices confirm_over jitter catch_up practice".split()  # noqa: SIM905 - shorter
)


@pytest.mark.parametrize(("line", "problem"), WRONG.items(), ids=WRONG)
def test_a_wrong_value_is_one_problem_in_plain_words(line: str, problem: str) -> None:
    """Each wrong value gives exactly one problem, at its path, with a proposal where there is one."""
    key, _, value = line.partition(": ")
    inside = {"marketplace": "amazon.de", "keep_for": "1d"}
    top = {"version": "1", "timezone": "UTC"}
    (inside if key in OF_ACCOUNT else top)[key] = value
    top.setdefault(
        "accounts", f"{{home: {{{', '.join(f'{name}: {text}' for name, text in inside.items())}}}}}"
    )
    (found,) = problems("\n".join(f"{name}: {text}" for name, text in top.items()))
    assert problem in found
    assert f"{key}" in found


REQUIRED = {
    "version": "version: 1\n",
    "timezone": "timezone: Europe/Berlin\n",
    "accounts": "accounts:\n  home: {marketplace: amazon.de, keep_for: 1d}\n",
    "accounts.home.marketplace": "marketplace: amazon.de, ",
    "accounts.home.keep_for": ", keep_for: 1d",
}


@pytest.mark.parametrize(("key", "written"), REQUIRED.items(), ids=REQUIRED)
def test_what_is_never_guessed_is_required(key: str, written: str) -> None:
    """Without one of these there is no run, and no default that could delete too much."""
    assert written in config()
    (found,) = problems(config().replace(written, ""))
    assert found.endswith(f"{key}: is missing (add it)")


@pytest.mark.parametrize(
    ("line", "near"),
    [("keep_fro: 1d", "keep_for"), ("metods: []", "methods"), ("supervise: true", None)],
)
def test_an_unknown_key_gets_a_proposal(line: str, near: str | None) -> None:
    """A key nobody knows is refused; where one of ours is close, it is proposed."""
    (found,) = problems(config(line))
    assert f"unknown key ({f'did you mean {near}?' if near else 'remove it'})" in found


@pytest.mark.parametrize("name", ["Home", "1st", "my_home", "a" * 33, "../x", "ho me", "-a"])
def test_account_names_are_short_and_plain(name: str) -> None:
    """A name becomes a directory, so only a-z, 0-9 and - are in it."""
    (found,) = problems(config().replace("home:", f"{name!r}:"))
    assert "is no name for an account" in found


def test_durations() -> None:
    """A whole number and a unit; 0s is nothing."""
    lengths = {
        "90m": timedelta(minutes=90),
        "24h": timedelta(days=1),
        "2w": timedelta(weeks=2),
        "0s": timedelta(),
    }
    assert {text: duration.parse(text) for text in lengths} == lengths


@given(st.timedeltas(min_value=timedelta(), max_value=duration.LONGEST))
def test_durations_survive_writing(length: timedelta) -> None:
    """What is shown reads back as the same whole seconds."""
    whole = timedelta(seconds=int(length.total_seconds()))
    assert duration.parse(duration.show(whole)) == whole


@given(st.text(alphabet="0123456789smhdw.-+ ", max_size=8))
def test_durations_are_strict(text: str) -> None:
    """Nothing but digits without a leading zero and one unit passes."""
    plain = text[:-1].isdecimal() and (text[0] != "0" or text[:-1] == "0") and text[-1:] in "smhdw"
    if plain and len(text) < 5:  # 999w is under 100 years
        assert duration.parse(text) >= timedelta()
    elif not plain:
        with pytest.raises(RefusedError):
            duration.parse(text)


def test_a_policy_takes_from_the_whole_file() -> None:
    """An account's policy holds its own lines and the file's `verify` and `limits`, in ms and s."""
    text = config(
        "keep_devices: [Kids], methods: [phrase], confirm_over: 7, surfaces: [voice]",
        "verify: {recheck: [1m, 2h]}\nlimits: {run_timeout: 30m}",
    )
    policy = read(text).accounts["home"].policy()
    assert (policy.keep_for_ms, policy.keep_devices, policy.methods) == (86_400_000, ("Kids",), ("phrase",))
    assert (policy.recheck_s, policy.run_timeout_s, policy.confirm_over) == ((60.0, 7200.0), 1800.0, 7)
    assert [surface.value for surface in policy.surfaces] == ["voice"]


def test_device_names_do_not_show() -> None:
    """Settings may end up in a message; the names of devices do not."""
    assert "Kids room" not in repr(read(config("keep_devices: [Kids room]")))


def test_a_time_of_day_and_a_practice_port() -> None:
    """Both come out ready to use."""
    settings = read(config('schedule: {at: "03:10", days: [mon, thu]}', practice=True))
    account = settings.accounts["home"]
    assert account.schedule.at == time(3, 10)
    assert account.practice is not None
    assert account.practice.port == 8443
