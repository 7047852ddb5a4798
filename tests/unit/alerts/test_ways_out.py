"""Ways to tell somebody, over real sockets: each with the other side there, down, silent, and refusing."""

import asyncio
import logging
import quopri
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alerts import notifier, sender
from agent.alerts.alert import Alert, Occasion
from agent.alerts.notifier import Notifier
from agent.alerts.ping import Beat, address, ping
from agent.errors import ChannelError
from tests.support.sinks import Got, free_port, mail_sink, silent_sink, web_sink

SECRET = "canary-of-the-address"
NOTE = "voicepurge/0123456789abcdef\n7\nAAAA\n\n— voicepurge/0123456789abcdef BBBB\n"
ALERT = Alert(
    Occasion.RESIDUAL, "home", False, 0, "recordings remain.", "Run `voicepurge run home`.", "8f3a", NOTE
)


@pytest.fixture
def web() -> Iterator[Got]:
    with web_sink() as got:
        yield got


@pytest.fixture
def mail() -> Iterator[Got]:
    with mail_sink() as got:
        yield got


def to_web(got: Got) -> Notifier:
    return Notifier("hook", f"json://127.0.0.1:{got.port}/{SECRET}?cto=1&rto=1")


def to_mail(got: Got) -> Notifier:
    where = (
        f"mailto://127.0.0.1:{got.port}/?from=a@example.org&to={SECRET}@example.org&mode=insecure&cto=1&rto=1"
    )
    return Notifier("mail", where)


def test_a_message_arrives_as_three_lines_and_the_checkpoint(web: Got, mail: Got) -> None:
    """What happened, since when, what to do, and the signed head, by web and by mail."""
    asyncio.run(to_web(web).send(ALERT))
    asyncio.run(to_mail(mail).send(ALERT))
    (hook,), (letter,) = web.bodies, mail.bodies
    plain = quopri.decodestring(letter).decode()
    for words in ("home: recordings remain.", "Since 1970-01-01 00:00 UTC.", "voicepurge run home"):
        assert words in hook and words in plain
    assert "voicepurge/0123456789abcdef" in hook and "\\u2014" in hook
    assert NOTE.strip() in plain.replace("\r", "")


@pytest.mark.parametrize("way", [to_web, to_mail])
def test_the_other_side_is_down(way: Callable[[Got], Notifier]) -> None:
    """A refused connection is told as refused, soon, and nothing of the address is said."""
    with pytest.raises(ChannelError) as caught:
        asyncio.run(way(Got(free_port())).send(ALERT))
    assert caught.value.why == "refused"
    assert SECRET not in str(caught.value) + caught.value.next_step


@pytest.mark.parametrize("way", [to_web, to_mail])
def test_the_other_side_says_nothing(way: Callable[[Got], Notifier], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up in time, and the loop that purges is not held meanwhile."""
    monkeypatch.setattr(notifier, "LONGEST_S", 0.5)

    async def both() -> float:
        longest, before = 0.0, time.monotonic()
        with silent_sink() as got:
            sending = asyncio.create_task(way(got).send(ALERT))
            while not sending.done():
                await asyncio.sleep(0.01)
                longest, before = max(longest, time.monotonic() - before), time.monotonic()
            with pytest.raises(ChannelError):
                await sending
        return longest

    assert asyncio.run(both()) < 0.4, "the loop stood still while somebody was told"


def test_the_other_side_answers_500(web: Got, mail: Got) -> None:
    """Refused is not delivered."""
    web.answer = mail.answer = 500
    for way in (to_web(web), to_mail(mail)):
        with pytest.raises(ChannelError) as caught:
            asyncio.run(way.send(ALERT))
        assert caught.value.why == "refused"


def test_an_address_that_is_none() -> None:
    """What Apprise does not know is told as such, without showing it."""
    with pytest.raises(ChannelError) as caught:
        asyncio.run(Notifier("x", f"nonsense-{SECRET}").send(ALERT))
    assert caught.value.why == "address" and SECRET not in str(caught.value)


def test_apprise_keeps_addresses_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    """No log line of it comes out, at any level: they quote addresses."""
    with caplog.at_level(logging.DEBUG), pytest.raises(ChannelError):
        asyncio.run(to_web(Got(free_port())).send(ALERT))
    assert SECRET not in caplog.text


@given(st.sampled_from(["https://h.example/ping/uuid", "https://h.example/x/?create=1", "http://h/"]))
def test_a_ping_keeps_the_persons_own_address(url: str) -> None:
    """Path, query and host stay; the beat and one id a run are added."""
    seen = {beat: urlsplit(address(url, beat, "8f3a")) for beat in Beat}
    before = urlsplit(url)
    for beat, after in seen.items():
        assert (after.scheme, after.netloc) == (before.scheme, before.netloc)
        assert after.path == before.path.rstrip("/") + beat.value
        found = parse_qs(after.query)
        assert parse_qs(before.query).items() <= found.items()
        UUID(found["rid"][0])
    assert len({parse_qs(after.query)["rid"][0] for after in seen.values()}) == 1
    assert (
        parse_qs(urlsplit(address(url, Beat.START, "other")).query)["rid"]
        != parse_qs(seen[Beat.START].query)["rid"]
    )


def test_a_ping_arrives(web: Got) -> None:
    """Start, success and fail at their places, with the words that were given."""
    for beat in Beat:
        asyncio.run(ping(f"{web.url}/ping/{SECRET}", beat, "8f3a", beat.name))
    assert [urlsplit(path).path for path in web.paths] == [
        f"/ping/{SECRET}/start",
        f"/ping/{SECRET}",
        f"/ping/{SECRET}/fail",
    ]
    assert web.bodies == ["START", "SUCCESS", "FAIL"]


@pytest.mark.parametrize(("answer", "why"), [(500, "status_500"), (404, "status_404"), (302, "status_302")])
def test_a_refused_ping_is_no_success(web: Got, answer: int, why: str) -> None:
    """Errors and redirects are told with their number; nobody is followed elsewhere."""
    web.answer = answer
    with pytest.raises(ChannelError) as caught:
        asyncio.run(ping(f"{web.url}/{SECRET}", Beat.SUCCESS, "8f3a"))
    assert caught.value.why == why and SECRET not in str(caught.value)
    assert len(web.paths) == 1


def test_a_ping_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Down, silent, and no address at all: three reasons, none of which shows the address."""
    monkeypatch.setattr(sender, "TIMEOUT_S", 0.3)
    cases = {f"http://127.0.0.1:{free_port()}/{SECRET}": "connection", f"mailto:{SECRET}": "address"}
    with silent_sink() as silent:
        for url, why in {**cases, f"{silent.url}/{SECRET}": "timeout"}.items():
            with pytest.raises(ChannelError) as caught:
                asyncio.run(ping(url, Beat.FAIL, "8f3a"))
            assert caught.value.why == why and SECRET not in str(caught.value)
