import base64
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from agent.errors import (
    AgentError,
    CutCaptureError,
    FailedDeletionError,
    LearnError,
    NoDeletionError,
    NoListingError,
    NotACaptureError,
    NotRepeatableError,
    OtherAccountError,
    OthersDataError,
    SeveralDeletionsError,
    UnexplainedError,
)
from agent.methods.learn import Learned, learn
from agent.methods.recipe import digest, load
from agent.model import Scope, Surface
from tests.support.captures import (
    BASE,
    CLICK,
    COOKIES,
    CUSTOMER,
    RAH,
    RVH,
    TOKEN,
    Har,
    Row,
    form,
    one_deletion,
    rows,
)

DELETE = "/alexa-privacy/apd/rvh/delete-records"
YES = {"success": True}


def encode_padded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def encode_bare(text: str) -> str:
    return encode_padded(text).rstrip("=")


def taught(har: Har | bytes, **more: Any) -> Learned:  # noqa: ANN401 - arguments of learn
    raw = har if isinstance(har, bytes) else har.raw()
    given = {"marketplace": "amazon.de", "customer_id": CUSTOMER, "name": "mine", "today": date(2026, 11, 24)}
    return learn(raw, **{**given, **more})


def body_of(learned: Learned, step: int = 0) -> Any:  # noqa: ANN401 - plain data of a recipe
    body = learned.recipe.steps[step].body
    assert body is not None
    return next(
        value for value in (body.json_value, body.form, body.multipart, body.text) if value is not None
    )


def sent(har: Har, value: object, target: str = DELETE, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as `Har.add`
    return har.add("POST", target, json.dumps(value), answer=YES, **more)


def refused(har: Har | bytes, kind: type[AgentError], **more: Any) -> AgentError:  # noqa: ANN401 - as taught
    with pytest.raises(kind) as caught:
        taught(har, **more)
    assert type(caught.value) is kind
    words = f"{caught.value.message} {caught.value.next_step} {vars(caught.value)}".lower()
    for canary in ("canary", CUSTOMER.lower(), TOKEN.lower(), "atza", "g070", COOKIES[0][1]):
        assert canary not in words
    return caught.value


def test_one_recording_in_a_list_becomes_a_list_of_one() -> None:
    """The list repeats for each recording; nobody is asked for more at once than was seen."""
    har, listed = one_deletion()
    sent(har, {"recordKeys": [listed[1].key], "recordType": "VOICE_HISTORY"})
    learned = taught(har)
    assert body_of(learned) == {
        "recordKeys": {"$each": "record", "value": "{record_key}"},
        "recordType": "VOICE_HISTORY",
    }
    recipe = learned.recipe
    assert (recipe.scope, recipe.surface, recipe.batch) == (Scope.RECORDS, Surface.VOICE, 1)
    assert (recipe.answer.status, recipe.answer.pointer, recipe.answer.equals) == ((200,), "/success", True)
    assert (recipe.steps[0].csrf, recipe.own_path, recipe.learned.marketplace) == (True, False, "amazon.de")
    assert load(learned.recipe_text.encode(), "mine") == recipe
    assert learned.digest == digest(learned.recipe_text.encode())
    assert any("one recording at a time" in warning for warning in learned.warnings)


def test_several_together_become_a_batch() -> None:
    """The batch is as large as the largest request that was seen."""
    har, listed = one_deletion()
    sent(har, {"recordKeys": [row.key for row in listed[:3]]})
    sent(har, {"recordKeys": [listed[3].key]})
    assert taught(har).recipe.batch == 3


def test_fields_that_repeat_become_one_that_repeats() -> None:
    """A form with the same field for each recording."""
    har, listed = one_deletion()
    fields = [("action", "delete"), *(("recordKey", row.key) for row in listed[:2]), ("csrfToken", TOKEN)]
    har.add("POST", DELETE, form(fields), "application/x-www-form-urlencoded", token=False, answer=YES)
    learned = taught(har)
    step = learned.recipe.steps[0]
    assert step.body is not None and step.body.form is not None
    assert [(pair.name, pair.value, pair.each) for pair in step.body.form] == [
        ("action", "delete", None),
        ("recordKey", "{record_key}", "record"),
        ("csrfToken", "{anti_csrf}", None),
    ]
    assert (learned.recipe.batch, step.csrf) == (2, False)


def test_headers_of_the_browser_are_dropped_and_its_own_are_kept() -> None:
    """What the page adds itself may matter; tracing and what every browser sends does not."""
    har, listed = one_deletion()
    extra = [
        ("x-client", "web"),
        ("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678"),
        ("x-token", TOKEN),
    ]
    sent(har, {"k": listed[0].key}, headers=extra, token=False)
    step = taught(har).recipe.steps[0]
    assert (dict(step.headers), step.csrf) == ({"x-client": "web", "x-token": "{anti_csrf}"}, False)


@pytest.mark.parametrize(
    "place", [{"json": "/request/ticket"}, {"header": "x-ticket"}], ids=["json", "header"]
)
def test_two_steps_with_a_ticket(place: dict[str, str]) -> None:
    """What the first answer gives and the second request sends is a ticket, wherever it stands."""
    har, listed = one_deletion()
    ticket = "tk-3f9a-77b0c2d9e1"
    first: dict[str, Any] = (
        {"answer": {"request": {"ticket": ticket}}} if "json" in place else {"answer": YES}
    )
    headers = [("x-ticket", ticket)] if "header" in place else []
    har.add("POST", DELETE, json.dumps({"keys": [listed[0].key]}), answer_headers=headers, **first)
    har.noise(listed[0], 1)
    har.add("POST", DELETE + "/confirm", json.dumps({"id": ticket, "sure": True}), answer=YES)
    recipe = taught(har).recipe
    assert recipe.steps[0].ticket is not None
    assert recipe.steps[0].ticket.model_dump(by_alias=True, exclude_none=True) == place
    second = recipe.steps[1].body
    assert second is not None and second.json_value == {"id": "{ticket}", "sure": True}


def test_a_ticket_that_was_fetched_before() -> None:
    """The request that names the recordings may be the second one."""
    har, listed = one_deletion()
    har.add("POST", "/alexa-privacy/apd/rvh/nonce", "{}", answer={"nonce": "q8Zr2LxT0vKd91"})
    sent(har, {"keys": [listed[0].key], "nonce": "q8Zr2LxT0vKd91"})
    recipe = taught(har).recipe
    assert [step.path.rsplit("/", 1)[-1] for step in recipe.steps] == ["nonce", "delete-records"]
    assert body_of(taught(har), 1)["nonce"] == "{ticket}"


def test_a_range_by_its_names_even_when_both_ends_are_the_same_moment() -> None:
    """Start and end are told apart by the names of their fields."""
    har, listed = one_deletion()
    sent(har, {"endTime": listed[2].at, "startTime": listed[2].at, "recordType": "VOICE_HISTORY"})
    learned = taught(har)
    assert learned.recipe.scope is Scope.RANGE
    assert body_of(learned) == {
        "endTime": {"$int": "{end}"},
        "startTime": {"$int": "{start}"},
        "recordType": "VOICE_HISTORY",
    }


def test_a_range_is_told_from_the_beacon_that_names_what_went() -> None:
    """Both are about a recording that is not listed afterwards; only one of them carries the token."""
    har, listed = one_deletion(noise=0)
    beacon = json.dumps({"event": "RecordDeleteClicked", "recordKey": listed[1].key})
    har.add("POST", "/alexa-privacy/apd/telemetry/events", beacon, token=False, status=204)
    body = form([("startTime", str(listed[1].at)), ("endTime", str(listed[1].at))])
    har.add("DELETE", "/alexa-privacy/apd/rvh/entries", body, "application/x-www-form-urlencoded", answer=YES)
    har.listing([row for row in listed if row is not listed[1]])
    learned = taught(har)
    assert (learned.recipe.scope, learned.recipe.steps[0].path) == (
        Scope.RANGE,
        "/alexa-privacy/apd/rvh/entries",
    )


def test_a_range_as_browsers_write_dates() -> None:
    """`toISOString` is a time as well."""
    har, _ = one_deletion()
    sent(har, {"from": "2026-09-21T00:00:00.000Z", "to": "2026-09-21T23:59:59.999Z"})
    assert body_of(taught(har)) == {"from": "{start|iso}", "to": "{end|iso}"}


def test_everything_must_be_said() -> None:
    """Without a name and a range it can only be the whole history, and only where it says so."""
    har, _ = one_deletion()
    sent(har, {"range": "ALL_HISTORY"}, "/alexa-privacy/apd/rvh/delete-all")
    assert taught(har).recipe.scope is Scope.EVERYTHING
    har, _ = one_deletion()
    sent(har, {"mode": "now"}, "/alexa-privacy/apd/rvh/delete")
    refused(har, NoDeletionError)


def test_a_single_time_is_neither_a_recording_nor_a_range() -> None:
    """It could delete everything up to then."""
    har, listed = one_deletion()
    sent(har, {"deleteBefore": listed[1].at, "all": True}, "/alexa-privacy/apd/rvh/delete-all")
    refused(har, UnexplainedError)


def test_a_recording_by_time_type_and_serial() -> None:
    """The parts of the key name it as well as the key."""
    har, listed = one_deletion()
    row = listed[1]
    parts = [
        {"timestamp": row.at, "deviceType": row.kind, "serialNumber": row.serial, "customerId": CUSTOMER}
    ]
    sent(har, parts)
    assert body_of(taught(har)) == {
        "$each": "record",
        "value": {
            "timestamp": {"$int": "{timestamp}"},
            "deviceType": "{device_type}",
            "serialNumber": "{serial}",
            "customerId": "{customer_id}",
        },
    }


def test_graphql_outside_the_privacy_pages_is_marked() -> None:
    """Such a recipe is from the owner's own capture, and no import takes it over."""
    har, listed = one_deletion()
    query = "mutation Del($i: In!) { deleteRecords(input: $i) { ok } }"
    sent(
        har,
        {"operationName": "Del", "query": query, "variables": {"i": {"keys": [listed[0].key]}}},
        "/graphql",
    )
    learned = taught(har)
    assert learned.recipe.own_path
    assert any("outside the privacy pages" in warning for warning in learned.warnings)
    with pytest.raises(AgentError):
        load(learned.recipe_text.encode(), "mine", shared=True)


def test_what_is_new_with_each_click_is_made_anew() -> None:
    """Random ids and the time of the click are no constants; a random id seen before is a secret."""
    har, listed = one_deletion()
    fresh = "7f1c2b3a-9d4e-4c5f-8a6b-0123456789ab"
    sent(har, {"k": listed[0].key, "requestId": fresh, "clickedAt": CLICK + 150, "again": fresh})
    assert body_of(taught(har)) == {
        "k": "{record_key}",
        "requestId": "{uuid_1}",
        "clickedAt": {"$int": "{now}"},
        "again": "{uuid_1}",
    }
    har.add("GET", "/gp/ajax/config", token=False, answer={"session": fresh}, at=CLICK - 5000)
    refused(har, UnexplainedError)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("amzn1.actor.person.oid.A1B2C3", "body /x"),
        ("Atza|IwEBIExampleExample", "body /x"),
        ("someone@example.com", "body /x"),
        ("G0911M0793154QX7", "body /x"),
        ("A1B2C3D4E5F6G7", "body /x"),
        ("q8Zr2LxT0vKd91mNbPwE5", "body /x"),
        ("5f0c9a7be1d24c3390aa", "body /x"),
        (COOKIES[0][1], "body /x"),
        ("canary words number 2", "body /x"),
        ("Canary Kitchen", "body /x"),
        ("Canaria", "body /x"),
        (1_234_567_890_123, "body /x"),
        ({"canary words number 2": 1}, "body /x, a member's name"),
        ({"inner": '{"y":"someone@example.com"}'}, "body /x/inner/y"),
    ],
)
def test_what_nobody_explains_and_looks_private_stops_it(value: object, place: str) -> None:
    """The place is named, the value is not."""
    har, listed = one_deletion()
    sent(har, {"k": listed[0].key, "x": value})
    error = refused(har, UnexplainedError)
    assert isinstance(error, UnexplainedError)
    assert error.place == f"step 1, {place}"
    assert str(value) not in error.message


def test_a_field_of_the_row_that_differs_between_rows_is_no_constant() -> None:
    """It would be wrong for the next recording."""
    har, listed = one_deletion()
    answer = json.loads(har.entries[1]["response"]["content"]["text"])
    for number, row in enumerate(answer["customerHistoryRecords"]):
        row["intent"] = ("Music", "Timer")[number % 2]
    har.entries[1]["response"]["content"]["text"] = json.dumps(answer)
    sent(har, {"k": listed[0].key, "intent": "Music"})
    assert "changes" in refused(har, UnexplainedError).message


def test_it_is_no_har() -> None:
    """Each wrong file says what it is."""
    refused(b"%PDF-1.7", NotACaptureError)
    refused(b"PK\x03\x04", NotACaptureError)
    refused(b'{"a": 1}', NotACaptureError)
    refused(b'{"log": {"entries": {}}}', NotACaptureError)
    refused(b'{"log" "entries"}' + b" " * 50 + b'"x"', NotACaptureError)
    assert refused(b"{" + b" " * (50 * 1024 * 1024), NotACaptureError).exit_code == 64


def test_it_stops_in_the_middle() -> None:
    """A cut file, a cut listing and a missing body are told apart from what is wrong."""
    har, listed = one_deletion()
    refused(b"", CutCaptureError)
    for size in (3, 100, 1_000, len(har.raw()) // 2, len(har.raw()) - 1):
        refused(har.raw()[:size], CutCaptureError)
    entry = sent(har, {"recordKeys": [listed[0].key]})
    del entry["request"]["postData"]
    refused(har, CutCaptureError)
    content = har.entries[1]["response"]["content"]
    content["text"] = content["text"][:-200]
    refused(har, CutCaptureError)


@pytest.mark.parametrize("body", ['{"recordKey":"KEY","x":[1,2', "recordKey=KEY&x=1", "KEY and more"])
def test_a_body_that_was_cut(body: str) -> None:
    """The browser says how much was sent; JSON that closes is whole, whatever the count says."""
    har, listed = one_deletion()
    text = body.replace("KEY", listed[0].key.replace("#", "%23" if "=" in body else "#"))
    entry = har.add("POST", DELETE, text, "text/plain;charset=UTF-8", answer=YES)
    entry["request"]["bodySize"] += 40
    refused(har, CutCaptureError)
    entry["request"]["postData"]["text"] = json.dumps({"recordKey": listed[0].key})
    assert body_of(taught(har)) == {"recordKey": "{record_key}"}


def test_what_no_recipe_can_hold() -> None:
    """A file, a fraction, a body in bytes: refused with the place."""
    har, listed = one_deletion()
    sent(har, {"recordKey": listed[0].key, "share": 0.5})
    assert "json" in refused(har, NotRepeatableError).message
    har, listed = one_deletion()
    head = '--b\r\nContent-Disposition: form-data; name="f"; filename="blob"\r\n\r\n'
    body = f"{head}{listed[0].key}\r\n--b--\r\n"
    har.add("POST", DELETE, body, "multipart/form-data; boundary=b", answer=YES)
    assert "file" in refused(har, UnexplainedError).message


def test_no_listing() -> None:
    """Nothing can be recognised without the history."""
    har = Har()
    har.page()
    refused(har, NoListingError)
    har.listing([])
    refused(har, NoListingError)
    har, listed = one_deletion()
    sent(har, {"recordKeys": [listed[0].key]})
    del har.entries[1]["response"]["content"]["text"]
    refused(har, NoListingError)


def test_no_deletion() -> None:
    """Looking, listening and beacons are none; nor is a recording that no list shows."""
    har, listed = one_deletion(noise=3)
    refused(har, NoDeletionError)
    sent(har, {"recordKeys": [Row(listed[0].at + 77).key]})
    assert "no list" in refused(har, NoDeletionError).message


def test_two_as_likely_are_shown_and_one_can_be_chosen() -> None:
    """The person chooses by number; without a choice nothing comes out."""
    har, listed = one_deletion()
    sent(har, {"recordKeys": [listed[0].key]})
    sent(
        har,
        {"recordKey": listed[0].key},
        "/alexa-privacy/apd/rvh/remove-record/" + listed[0].key.replace("#", "%23"),
    )
    error = refused(har, SeveralDeletionsError)
    assert isinstance(error, SeveralDeletionsError)
    assert [text.partition(":")[0] for text in error.candidates] == [
        f"POST {DELETE}",
        "POST /alexa-privacy/apd/rvh/remove-record/…",
    ]
    assert taught(har, choose=2).recipe.steps[0].path.endswith("remove-record/{record_key}")
    refused(har, SeveralDeletionsError, choose=3)


def test_the_same_button_twice_is_one_candidate() -> None:
    """And what differs between the two is no constant."""
    har, listed = one_deletion()
    for row in listed[:2]:
        sent(har, {"recordKeys": [row.key], "mode": "x"})
    assert body_of(taught(har))["mode"] == "x"
    sent(har, {"recordKeys": [listed[2].key], "mode": "y"})
    assert isinstance(refused(har, NotRepeatableError), LearnError)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 400},
        {"status": 403},
        {"status": 0},
        {"status": 302, "answer_headers": [("location", "https://www.amazon.de/ap/signin")]},
        {"answer": {"success": False}},
        {"answer": {"errors": [{"message": "no"}]}},
        {"answer": {"message": "Rate exceeded"}},
        {"answer": '<html><input id="ap_email"></html>', "answer_kind": "text/html"},
    ],
    ids=str,
)
def test_a_deletion_that_was_refused(answer: dict[str, Any]) -> None:
    """A request that did not work is nothing to learn from; one that worked later is."""
    har, listed = one_deletion()
    har.add("POST", DELETE, json.dumps({"recordKeys": [listed[0].key]}), **answer)
    refused(har, FailedDeletionError)
    sent(har, {"recordKeys": [listed[0].key]})
    assert taught(har).recipe.scope is Scope.RECORDS


def test_a_deletion_after_which_the_recording_was_still_listed() -> None:
    """The listing decides, not the answer; where it is gone, that speaks for the request."""
    har, listed = one_deletion()
    sent(har, {"recordKeys": [listed[0].key]})
    gone, still = replace(har, entries=list(har.entries)), replace(har, entries=list(har.entries))
    still.listing(listed)
    assert "still listed" in refused(still, FailedDeletionError).message
    gone.listing(listed[1:])
    assert any("not listed any more" in line for line in taught(gone).explanation)


def test_another_account_or_marketplace() -> None:
    """Neither is learned from."""
    har, listed = one_deletion()
    sent(har, {"recordKeys": [listed[0].key]})
    refused(har, OtherAccountError, customer_id="A2OTHER00000")
    refused(har, OtherAccountError, marketplace="amazon.fr")
    assert taught(har, customer_id=None).recipe.name == "mine"


def test_data_of_somebody_else() -> None:
    """Rows of two accounts, and a request that names a recording of another one."""
    other = Row(1_790_000_500_000, customer="A2SOMEBODYELSE")
    har = Har()
    har.listing([*rows(2), other])
    refused(har, OthersDataError)
    har, _ = one_deletion()
    sent(har, {"recordKeys": [other.key]})
    refused(har, OthersDataError)


def test_the_activity_page() -> None:
    """A recipe says on which page it was seen."""
    har = Har()
    har.listing(rows(3), path=RAH)
    har.listing(rows(3), path=RVH)
    sent(har, {"activityKeys": [rows(3)[0].key]}, "/alexa-privacy/apd/rah/delete")
    assert taught(har).recipe.surface is Surface.ACTIVITY


def test_captures_of_other_browsers() -> None:
    """Firefox: bodies in base64, forms only as fields, headers before an upload, no resource types."""
    har, listed = one_deletion(Har(firefox=True))
    for entry in har.entries:
        del entry["_resourceType"]
    fields = [("recordKey", listed[0].key), ("umlaut", "ä&=")]
    entry = har.add(
        "POST", DELETE, form(fields), "application/x-www-form-urlencoded", answer=YES, encode=True
    )
    text = entry["request"]["postData"].pop("text")
    entry["request"]["postData"]["params"] = [{"name": name, "value": value} for name, value in fields]
    first = taught(har)
    entry["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "text": f"Content-Type: text/x\r\nContent-Length: {len(text)}\r\n\r\n{text}",
    }
    second = taught(har)
    assert body_of(first) == body_of(second)
    assert "Firefox 143" in first.source
    assert [pair.value for pair in body_of(first)] == ["{record_key}", "ä&="]


def test_multipart_and_text() -> None:
    """Multipart by its fields; a bare text as it is."""
    har, listed = one_deletion()
    boundary = "----WebKitFormBoundaryAb12"
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
        for n, v in (("record", listed[0].key), ("action", "delete"))
    ]
    body = "".join(lines) + f"--{boundary}--\r\n"
    har.add("POST", DELETE, body, f"multipart/form-data; boundary={boundary}", answer=YES)
    assert [(pair.name, pair.value) for pair in body_of(taught(har))] == [
        ("record", "{record_key}"),
        ("action", "delete"),
    ]
    har, listed = one_deletion()
    har.add("DELETE", DELETE, listed[0].key, "text/plain;charset=UTF-8", answer=None, status=204)
    assert body_of(taught(har)) == "{record_key}"


def test_both_pages_in_one_capture() -> None:
    """A field that differs between the pages only is a constant of its page."""
    har = Har()
    har.listing(rows(3))
    har.listing(rows(3), path=RAH)
    sent(har, {"recordKeys": [rows(3)[0].key], "recordType": "VOICE_HISTORY"})
    assert body_of(taught(har))["recordType"] == "VOICE_HISTORY"


def test_the_only_part_of_a_recording() -> None:
    """A recording with one utterance is named by it alone; where there are several nobody knows which."""
    har, listed = one_deletion()
    sent(har, {"utteranceId": listed[0].utterances[0]})
    assert body_of(taught(har)) == {"utteranceId": "{utterance_id}"}
    har, listed = Har(), rows(3, spoken=2)
    har.listing(listed)
    sent(har, {"utteranceId": listed[0].utterances[0]})
    assert "part" in refused(har, UnexplainedError).message
    sent(har, {"key": listed[0].key, "spoken": {"utteranceId": listed[0].utterances[0]}}, DELETE + "/2")
    refused(har, UnexplainedError, choose=2)


def test_parts_keep_the_order_of_the_row() -> None:
    """The page sends them as the listing shows them."""
    har = Har()
    listed = rows(3, parts=3)
    har.listing(listed)
    content = har.entries[0]["response"]["content"]
    answer = json.loads(content["text"])
    for row in answer["customerHistoryRecords"]:
        row["voiceHistoryRecordItems"].reverse()
    content["text"] = json.dumps(answer)
    sent(har, {"items": listed[0].items[::-1]})
    assert body_of(taught(har)) == {"items": {"$each": "item", "value": "{item_key}"}}


def test_padding_that_nobody_sees() -> None:
    """It is said; two recordings of different length show it."""
    listed = [Row(BASE + 1, serial="G070CANARY1234567"), Row(BASE + 2, serial="G070CANARY123456")]
    lengths = [len(row.key) % 3 for row in listed]
    assert lengths == [1, 0]  # of the second nobody sees it
    for packed, name in ((encode_padded, "base64"), (encode_bare, "base64url")):
        har = Har()
        har.listing(listed)
        sent(har, {"k": packed(listed[1].key)})
        assert any("padded" in warning for warning in taught(har).warnings)
        sent(har, {"k": packed(listed[0].key)})
        learned = taught(har)
        assert body_of(learned) == {"k": f"{{record_key|{name}}}"}
        assert not any("padded" in warning for warning in learned.warnings)


def test_cookies_of_the_session_are_placeholders_or_refused() -> None:
    """The cookie csrf has one; no other cookie has."""
    har, listed = one_deletion()
    sent(har, {"k": listed[0].key, "csrf": "-1168781950", "n": -1_168_781_950})
    assert body_of(taught(har)) == {"k": "{record_key}", "csrf": "{csrf}", "n": {"$int": "{csrf}"}}


def test_a_ticket_of_a_status_question_is_no_second_step() -> None:
    """Asking how far it is does not delete."""
    har, listed = one_deletion()
    har.add(
        "POST",
        DELETE,
        json.dumps({"keys": [listed[0].key]}),
        answer={"success": True, "jobId": "job-77a1b2c3"},
    )
    har.add("GET", "/alexa-privacy/apd/rvh/jobs?id=job-77a1b2c3", answer={"done": True})
    assert len(taught(har).recipe.steps) == 1


def test_what_only_asks_for_data_is_no_deletion() -> None:
    """A GraphQL query, a list of details, a GET without the token."""
    har, listed = one_deletion()
    query = "query Detail($k: ID!) { record(key: $k) { text } }"
    sent(har, {"query": query, "variables": {"k": listed[0].key}}, "/alexa-privacy/apd/graphql")
    har.add(
        "POST", "/alexa-privacy/apd/rvh/record", json.dumps({"k": listed[0].key}), answer=listed[0].voice()
    )
    har.add(
        "GET",
        "/alexa-privacy/apd/rvh/record?k=" + listed[0].key.replace("#", "%23"),
        token=False,
        answer={"a": 1},
    )
    refused(har, NoDeletionError)


def test_the_file_is_readable_and_says_where_it_is_from() -> None:
    """Comments first, then the format in its order; nothing of the capture's values."""
    har, listed = one_deletion()
    sent(har, {"recordKeys": [listed[1].key], "note": "yes", "empty": "", "odd": "a: b #c \u2028"})
    text = taught(har).recipe_text
    assert text.startswith("# ")
    assert [line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()] == [
        "format",
        "name",
        "scope",
        "surface",
        "batch",
        "steps",
        "answer",
        "learned",
    ]
    assert "the owner's own capture (WebInspector" in text
    assert "canary" not in text.lower()


@pytest.mark.heavy
def test_a_large_capture_with_hundreds_of_other_requests() -> None:
    """Nearly 50 MB, thousands of recordings in a hundred pages: the deletion is still found."""
    har, listed = Har(), rows(5_000)
    har.page()
    for first in range(0, 5_000, 50):
        har.listing(listed[first : first + 50], token="more" if first < 4_950 else None)
    har.noise(listed[0], 100)
    for _ in range(40):
        har.add("GET", "/gp/ajax/large", token=False, answer={"x": ["y" * 1_000] * 1_000})
    har.at = CLICK + 10_000_000
    sent(har, {"recordKeys": [listed[4_321].key]})
    raw = har.raw()
    assert 45_000_000 < len(raw) < 50 * 1024 * 1024
    assert body_of(taught(raw)) == {"recordKeys": {"$each": "record", "value": "{record_key}"}}
