import asyncio
import socket
from pathlib import Path

import pytest

from agent.alexa.marketplaces import MARKETPLACES
from agent.alexa.practice import Practice
from agent.clock import SystemClock
from agent.doctor import network
from agent.doctor.finding import Level
from agent.doctor.network import Contact, contacts
from agent.errors import AgentError
from agent.policy import MAX_SKEW_MS
from agent.simulator.server import running
from tests.support.fake_clock import FakeClock

GERMANY = MARKETPLACES["amazon.de"]
HOSTS = ("www.amazon.de", "alexa.amazon.de", "api.amazon.de")


def answering(skew_ms: int | None) -> list[Contact]:
    return [Contact(host, skew_ms) for host in HOSTS]


@pytest.mark.parametrize(
    ("skew_ms", "level", "words"),
    [
        (0, Level.OK, "agrees"),
        (-20_000, Level.OK, "agrees"),
        (40_000, Level.WARNING, "40 s behind"),
        (-40_000, Level.WARNING, "40 s ahead"),
        (MAX_SKEW_MS + 1, Level.FAILS, "1 h 0 min behind"),
        (-MAX_SKEW_MS - 1, Level.FAILS, "1 h 0 min ahead"),
        (None, Level.UNKNOWN, "could not be compared"),
    ],
)
def test_the_clock(skew_ms: int | None, level: Level, words: str) -> None:
    """Beyond an hour a run does not begin; a host that did not answer proves nothing."""
    found = network.clock(answering(skew_ms), practice=False)
    assert found.level is level and words in found.what
    assert found.exit_code == {Level.FAILS: 3, Level.UNKNOWN: 75}.get(level, 0)


def test_offline_is_unknown_and_never_ok() -> None:
    """One silent host is enough: 75, try later."""
    silent = Contact(HOSTS[0], trouble="its name cannot be looked up")
    found = network.network([silent, *answering(0)[1:]], practice=False)
    assert (found.level, found.exit_code) == (Level.UNKNOWN, 75)
    assert "1 of 3" in found.what and HOSTS[0] in found.what
    assert network.network(answering(0), practice=False).level is Level.OK


def test_a_certificate_nobody_trusts_needs_a_person() -> None:
    """It does not pass by itself: a clock, a proxy, or somebody in between."""
    found = network.network([Contact(HOSTS[0], trouble="no", distrusted=True)], practice=False)
    assert (found.level, found.exit_code) == (Level.FAILS, 3)


def test_the_hosts_of_an_account_and_no_others_are_asked() -> None:
    """Each once, over TLS, under Amazon's names, at the practice cloud's address alone; without a sign-in."""
    clock = SystemClock()
    with running(recordings=1) as cloud:
        practice = Practice.from_url(cloud.url, cloud.ca)
        found = asyncio.run(contacts(GERMANY, practice, clock))
        asked = cloud.truth()["requests"]
        cloud.advance(2 * 3_600_000)
        later = asyncio.run(contacts(GERMANY, practice, clock))
    assert [contact.host for contact in found] == list(HOSTS)
    assert all(contact.trouble is None for contact in found)
    assert network.clock(found, practice=True).level is Level.OK
    assert network.clock(later, practice=True).level is Level.FAILS
    assert asked == {f"HEAD {host} /": 1 for host in HOSTS}


def test_a_cloud_that_is_gone_is_told(tmp_path: Path) -> None:
    """Nothing listens: no connection, no claim about anything."""
    with running(recordings=1) as cloud:
        ca = tmp_path / "ca.pem"
        ca.write_bytes(cloud.ca.read_bytes())
        practice = Practice.from_url(cloud.url, ca)
    found = asyncio.run(contacts(GERMANY, practice, FakeClock()))
    assert all(contact.trouble and contact.skew_ms is None for contact in found)


def test_another_authority_is_distrusted(tmp_path: Path) -> None:
    """A certificate of somebody else's is said to be one."""
    with running(recordings=1) as other:
        ca = tmp_path / "ca.pem"
        ca.write_bytes(other.ca.read_bytes())
    with running(recordings=1) as cloud:
        found = asyncio.run(contacts(GERMANY, Practice.from_url(cloud.url, ca), SystemClock()))
    assert all(contact.distrusted for contact in found)
    assert "certificate" in network.network(found, practice=True).what


def test_a_name_that_is_none_is_said_to_be_one() -> None:
    """The cause of an error is looked for behind the error."""
    error = AgentError("no connection")
    error.__cause__ = OSError("wrapped")
    error.__cause__.__context__ = socket.gaierror(-2, "Name or service not known")
    assert network._trouble(error) == "its name cannot be looked up"
    assert network._trouble(AgentError("no connection")) == "no connection"
