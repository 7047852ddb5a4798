import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from agent.alexa.exchange import Limits
from agent.alexa.history import MAX_LOOKED_AT, AmazonHistory
from agent.model import Incomplete, Listing, Recording, Surface, Window
from tests.support.amazon_box import CUSTOMER, Box, Reply, Seen, data, page, talk, turns
from tests.support.fake_clock import FakeClock
from tests.support.fake_history import QuietProgress

T = TypeVar("T")
VOICE = "/alexa-privacy/apd/rvh/customer-history-records-v2"
ACTIVITY = "/alexa-privacy/apd/rah/alexa-history-records-v2"
AUDIO = "/alexa-privacy/apd/rvh/audio"
AT = 1_694_871_794_000
WINDOW = Window(AT, AT + 1000)


def row(at: int) -> dict[str, object]:
    return {"recordKey": f"{CUSTOMER}#{at}#T#S", "timestamp": at}


def voice(*times: int, token: str | None = None) -> Reply:
    return data({"customerHistoryRecords": [row(at) for at in times], "encodedRequestToken": token})


def box_of(*pages: Reply) -> Box:
    """A history whose voice surface has these pages and whose activity surface is empty."""
    box = Box()
    box.routes[VOICE] = turns(*pages)
    box.routes[ACTIVITY] = lambda _s: data({"alexaHistoryRecords": [], "paginationToken": None})
    return box


def ask(
    box: Box,
    what: Callable[[AmazonHistory], Awaitable[T]],
    clock: FakeClock | None = None,
    listing_s: float = 100,
) -> T:
    limits = Limits(requests_per_second=1000, listing_s=listing_s)
    return talk(box, lambda session: what(AmazonHistory(session)), clock, limits)


def listed(box: Box, clock: FakeClock | None = None, listing_s: float = 100) -> Listing:
    quiet = QuietProgress()
    return ask(box, lambda history: history.listing(WINDOW, tuple(Surface), progress=quiet), clock, listing_s)


def test_pages_are_asked_for_as_the_page_itself_does() -> None:
    """Times in milliseconds, the token of the page before in the body, proofs in the headers."""
    box = box_of(voice(AT, token="t/1="), voice(AT + 1))
    listing = listed(box)
    assert listing.complete
    first, second = box.asked(VOICE)
    assert (first.token, second.token) == (None, "t/1=")
    assert first.query | {"startTime": str(AT - 1), "endTime": str(AT + 1001)} == first.query
    assert first.headers["anti-csrftoken-a2z"] == "tok-1"
    assert first.headers["content-type"].startswith("application/json")
    assert "authorization" not in first.headers
    assert box.asked(ACTIVITY)[0].headers["authorization"] == "Bearer Atna|a"


def test_one_token_serves_both_surfaces() -> None:
    """The page with the token is not asked for again and again: Amazon throttles that (2026-09)."""
    box = box_of(voice(AT, token="a"), voice(AT, token="b"), voice())
    listed(box)
    assert len(box.asked("/alexa-privacy/apd/rvh")) == 1


def test_rows_outside_the_window_are_dropped() -> None:
    """We ask a millisecond wider at each end, and a page may show a neighbour."""
    listing = listed(box_of(voice(AT - 1, AT, AT + 1000, AT + 1001)))
    assert sorted(row.spoken_at for row in listing.recordings.values()) == [AT, AT + 1000]
    assert listing.ends[Surface.VOICE].rows == 2


def test_repeated_rows_are_counted_once() -> None:
    """The last row of a page may come again on the next."""
    listing = listed(box_of(voice(AT, AT + 1, token="a"), voice(AT + 1, AT + 2)))
    assert len(listing.recordings) == 3


def test_a_listing_has_a_deadline_of_its_own() -> None:
    """Pages without end that answer slowly do not keep a run for ever; what was seen is kept."""
    clock = FakeClock()
    box = box_of(voice())
    count = [0]

    def slow(_seen: Seen) -> Reply:
        count[0] += 1
        clock.slept += 30
        return voice(AT + count[0], token=f"t{count[0]}")

    box.routes[VOICE] = slow
    listing = listed(box, clock)
    assert listing.ends[Surface.VOICE].reason is Incomplete.DEADLINE
    assert len(listing.recordings) == count[0] < 10


def test_an_unknown_customer_ends_every_surface() -> None:
    """Without an identity there is no listing, and no request for one."""
    box = box_of(voice(AT))
    box.routes["/api/users/me"] = lambda _s: data({"id": CUSTOMER, "marketPlaceDomainName": "www.amazon.fr"})
    listing = listed(box)
    assert {end.reason for end in listing.ends.values()} == {Incomplete.WRONG_ACCOUNT}
    assert box.asked(VOICE) == []


def recording(n: int, *utterances: str) -> Recording:
    return Recording(f"k{n}", AT, frozenset(Surface), utterance_ids=utterances)


@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        (Reply(b"RIFF", headers=(("Content-Type", "audio/mpeg"),)), False),
        (Reply(b"RIFF", 206, (("Content-Type", "audio/wav"),)), False),
        (page("no", 404), True),
        (Reply(b"", 410), True),
        (Reply(b"", headers=()), True),
        (data({"playable": False}), True),
        (page("<html>something</html>"), False),
        (page('<input id="ap_email">'), False),
        (data({"message": "Rate exceeded"}), False),
        (Reply(b"", 429), False),
        (Reply(b"", 403), False),
        (Reply(b"", 500), False),
        (Reply(reset=True), False),
        (Reply(b"x" * 400, cut=250), False),
    ],
)
def test_only_certainty_is_silence(reply: Reply, gone: bool) -> None:
    """A refusal, a throttle, a page or a lost connection do not say that the audio is gone."""
    box = Box()
    box.routes[AUDIO] = lambda _s: reply
    found = ask(box, lambda history: history.without_audio([recording(1, "A:1.0/x::y/0")]))
    assert found == (frozenset({"k1"}) if gone else frozenset())
    assert box.asked(AUDIO)[0].query == {"uid": "A:1.0/x::y/0"}


def test_every_part_must_be_silent() -> None:
    """One part that still sounds is a recording that still sounds."""
    box = Box()
    sound = Reply(b"RIFF", headers=(("Content-Type", "audio/mpeg"),))
    box.routes[AUDIO] = lambda seen: sound if seen.query["uid"] == "b" else page("no", 404)
    rows = [recording(1, "a", "b"), recording(2, "a", "c"), recording(3)]
    assert ask(box, lambda history: history.without_audio(rows)) == {"k2"}


def test_only_so_many_are_looked_at() -> None:
    """Twenty are enough to tell."""
    box = Box()
    box.routes[AUDIO] = lambda _s: page("no", 404)
    rows = [recording(n, f"u{n}") for n in range(50)]
    assert len(ask(box, lambda history: history.without_audio(rows))) == MAX_LOOKED_AT
    assert len(box.asked(AUDIO)) == MAX_LOOKED_AT


def test_the_published_fragment_is_listed() -> None:
    """A record as clients logged it (node-red-contrib-alexa-remote2, 2023-09 to 2024-01), over the wire."""
    fragment = """{"recordKey":"A1CUSTOMER#1694871794279#A10A33FOX2NUBK#G070SERIAL",
      "recordType":"VOICE_HISTORY","timestamp":1694871794279,"customerId":"A1CUSTOMER",
      "device":{"deviceName":"Bedroom","deviceEntityId":"x"},
      "voiceHistoryRecordItems":[{"recordItemKey":null,"recordItemType":"PROFILE","utteranceId":null,
      "timestamp":0,"transcriptText":null,"agentVisualName":null,"personsInfo":[{"personId":"p"}]}],
      "personsInfo":[],"cardResponse":null}"""
    envelope = {
        "customerHistoryRecords": [json.loads(fragment)],
        "encodedRequestToken": None,
        "noDataFoundWithinTimeLimit": False,
        "lastRecordTimestamp": None,
        "voiceProfileAssociatedWithPerson": False,
    }
    [seen] = listed(box_of(data(envelope))).recordings.values()
    assert seen.serials == ("G070SERIAL",)
    assert not seen.has_text
    assert not seen.audio
