"""Which day a phrase names, to whom it is said, and what goes over the wire."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alexa.exchange import Host, Incoming, Outgoing
from agent.alexa.headers import allow
from agent.methods.phrase import MARGIN_MS, PhraseMethod, Voice
from agent.methods.phrases import PHRASES, of_locale
from agent.model import Answer, Device, Identity, Result, Window
from tests.support.fake_clock import FakeClock

BERLIN = ZoneInfo("Europe/Berlin")
NOON = round(datetime(2026, 11, 24, 12, tzinfo=BERLIN).timestamp() * 1000)
HOUR = 3_600_000
KITCHEN = Device("G0SERIAL", "A10A33FOX2NUBK", "Kitchen", "ECHO", online=True)


class Listener:
    """Stands where the session stands and keeps what would be sent."""

    def __init__(self, now: int) -> None:
        self.clock, self.identity = FakeClock(now), Identity("A1CUSTOMER", "www.amazon.de")
        self.sent: list[Outgoing] = []

    async def tokens(self) -> Mapping[str, str]:
        return {}

    async def send(self, outgoing: Outgoing) -> Incoming:
        self.sent.append(outgoing)
        return Incoming(200, {"content-type": "text/html"}, b"")


def method(listener: Listener, *devices: Device, language: str = "de", name: str = "Kitchen") -> PhraseMethod:
    async def listed() -> Sequence[Device]:
        return devices or (KITCHEN,)

    locale = {"de": "de-DE", "en": "en-GB", "it": "it-IT", "ja": "ja-JP"}[language]
    return PhraseMethod(Voice(name, locale, BERLIN, PHRASES[language]), listener, listed)


def say(chosen: PhraseMethod, window: Window) -> Answer:
    return asyncio.run(chosen.request([], window))


def test_the_request_has_the_documented_shape() -> None:
    """As three clients send it today: one text command, in lower case, to one device of the account."""
    listener = Listener(NOON)
    chosen = method(listener)
    assert say(chosen, chosen.days(NOON)[-1]).result is Result.ACCEPTED
    (sent,) = listener.sent
    allow(sent)
    assert (sent.method, sent.host, sent.path) == ("POST", Host.ALEXA, "/api/behaviors/preview")
    assert sent.content_type == "application/json; charset=utf-8"
    body = json.loads(sent.body or b"")
    assert (body["behaviorId"], body["status"], set(body)) == (
        "PREVIEW",
        "ENABLED",
        {"behaviorId", "status", "sequenceJson"},
    )
    node = json.loads(body["sequenceJson"])["startNode"]
    assert (node["type"], node["skillId"]) == ("Alexa.TextCommand", "amzn1.ask.1p.tellalexa")
    assert node["operationPayload"] == {
        "deviceType": "A10A33FOX2NUBK",
        "deviceSerialNumber": "G0SERIAL",
        "locale": "de-DE",
        "customerId": "A1CUSTOMER",
        "text": "lösche alles, was ich heute gesagt habe",
    }


@given(st.integers(NOON - 400 * 24 * HOUR, NOON + 400 * 24 * HOUR))
def test_days_are_those_of_the_calendar_there(now: int) -> None:
    """Today since local midnight, the whole day before, also where clocks are set; none at midnight."""
    days = method(Listener(now)).days(now)
    today = datetime.fromtimestamp(now / 1000, BERLIN)
    if not days:
        minutes = (today.hour * 60 + today.minute + MARGIN_MS // 60_000) % (24 * 60)
        assert minutes <= 2 * MARGIN_MS // 60_000
        return
    yesterday, so_far = days
    assert so_far.end == now and yesterday.end == so_far.start - 1
    begins = [datetime.fromtimestamp(day.start / 1000, BERLIN) for day in days]
    assert all((at.hour, at.minute, at.second) == (0, 0, 0) for at in begins)
    assert begins[1].date() == today.date()
    assert (begins[1].date() - begins[0].date()).days == 1
    assert 23 * HOUR <= so_far.start - yesterday.start <= 25 * HOUR


def test_without_a_phrase_for_yesterday_there_is_only_today() -> None:
    """Nothing is made up where no source has a phrase."""
    assert len(method(Listener(NOON), language="en").days(NOON)) == 1
    assert len(method(Listener(NOON)).days(NOON)) == 2


@pytest.mark.parametrize("late", [13 * HOUR, 12 * HOUR - 1000, 12 * HOUR + 1000])
def test_a_day_that_is_no_longer_the_same_is_not_said(late: int) -> None:
    """Planned before midnight, sent at or after it: "today" would be another day, so nothing is sent."""
    listener = Listener(NOON + late)
    chosen = method(listener)
    today = chosen.days(NOON)[-1]
    answer = say(chosen, today)
    if late == 13 * HOUR:  # it has become yesterday, which ends where today did not yet
        assert (answer.reason, listener.sent) == ("midnight", [])
    assert (answer.result, listener.sent) == (Result.REFUSED, [])


def test_yesterday_is_said_in_its_own_words() -> None:
    """The day that is over has a phrase of its own."""
    listener = Listener(NOON)
    chosen = method(listener)
    assert say(chosen, chosen.days(NOON)[0]).result is Result.ACCEPTED
    assert (
        "gestern"
        in json.loads(json.loads(listener.sent[0].body or b"")["sequenceJson"])["startNode"][
            "operationPayload"
        ]["text"]
    )


@pytest.mark.parametrize(
    ("devices", "reason"),
    [
        ((Device("G1", "T", "Office", "ECHO", online=True),), "no_echo"),
        ((Device("G1", "T", "Kitchen", "WHA", online=True),), "no_echo"),
        ((Device("G1", "T", "kitchen ", "ECHO", online=False),), "echo_offline"),
    ],
)
def test_nobody_to_speak_to(devices: tuple[Device, ...], reason: str) -> None:
    """Unknown, a group of speakers, offline: nothing is sent, and the word says why."""
    listener = Listener(NOON)
    chosen = method(listener, *devices)
    answer = say(chosen, chosen.days(NOON)[-1])
    assert (answer.result, answer.reason, listener.sent) == (Result.REFUSED, reason, [])


def test_the_one_that_is_online_is_taken() -> None:
    """Of two with one name the one that hears."""
    listener = Listener(NOON)
    off = Device("G0OFF", "T", "Kitchen", "ECHO", online=False)
    chosen = method(listener, off, KITCHEN)
    assert say(chosen, chosen.days(NOON)[-1]).result is Result.ACCEPTED
    assert b"G0SERIAL" in (listener.sent[0].body or b"")


def test_other_words_are_another_method() -> None:
    """The digest follows language and words; it holds nothing private."""
    one, same, other = (method(Listener(NOON), language=each) for each in ("de", "de", "it"))
    assert one.digest == same.digest != other.digest
    assert method(Listener(NOON), name="Office").digest == one.digest


def test_every_phrase_has_a_source() -> None:
    """Data with sources; regions of a language share it, unknown languages have none."""
    assert all(each.source and each.today for each in PHRASES.values())
    assert of_locale("en-GB") is of_locale("en-US") is PHRASES["en"]
    assert of_locale("fr-FR") is None
