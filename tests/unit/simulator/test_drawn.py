"""Drawn shapes over real HTTPS: each deletes exactly what it names, and what resembles it deletes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agent.simulator.axes import Carrier, Place, Scope
from agent.simulator.shapes import random_shape
from agent.simulator.wire import TOKEN, Named, Template, Values, fill
from tests.support.practice_client import ACTIVITY, VOICE, Browser, Opener

SEEDS = range(40)


def named(browser: Browser, keys: list[str]) -> Values:
    """What fills a template with these records, or with the moment of the first."""
    world = browser.cloud.world
    rows = [row for key in keys if (row := world.by_key(key)) is not None]
    records = [Named(row.key, tuple(row.item_keys()), (row.utterance_id,)) for row in rows]
    return Values(records, {TOKEN: browser.token, "{start}": rows[0].at, "{end}": rows[0].at})


def slips(template: Template) -> Iterator[Template]:
    """The template with one thing missing or changed, for each thing there is."""
    yield replace(template, method="PUT" if template.method != "PUT" else "POST")
    yield replace(template, path=template.path + "/x")
    yield replace(template, query=(*template.query, ("more", "1")))
    if template.header:
        yield replace(template, header=False)
    if template.content_type:
        yield replace(template, content_type="text/plain")
    for name in ("query", "form", "headers"):
        pairs = getattr(template, name)
        for n in range(len(pairs)):
            yield replace(template, **{name: pairs[:n] + pairs[n + 1 :]})
    for body in _json_slips(template.json):
        yield replace(template, json=body)


def _json_slips(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.startswith("$"):
                yield {key: each for key, each in value.items() if key != name}
            yield from ({**value, name: each} for each in _json_slips(inner))
    elif isinstance(value, list):
        yield [*value, {}]
        for n, inner in enumerate(value):
            yield from ([*value[:n], each, *value[n + 1 :]] for each in _json_slips(inner))
    elif not isinstance(value, str) or not value.startswith("{"):
        yield "another" if value is not None else True


def test_a_drawn_shape_deletes_exactly_what_it_names(opened: Opener) -> None:
    """Over many seeds: accepted, gone from both surfaces, nothing else gone, and the keys are known."""
    browser = opened(recordings=300)
    for seed in SEEDS:
        shape = random_shape(seed)
        browser.cloud.reshape(shape)
        before = {surface: set(keys) for surface, keys in browser.cloud.truth()["surfaces"].items()}
        keys = sorted(before["voice"])[: min(shape.batch, 3)]
        at = int(keys[0].split("#")[1])
        answer = browser.delete(*keys, start=at, end=at)
        assert answer.is_success, (seed, shape, answer.status_code)
        gone = {keys[0]} if shape.scope is Scope.RANGE else set(keys)
        after = browser.cloud.truth()
        assert {surface: set(left) for surface, left in after["surfaces"].items()} == {
            surface: left - gone for surface, left in before.items()
        }, (seed, shape)
        if shape.scope is Scope.RECORDS:
            assert after["requested"][-len(keys) :] == keys


def test_what_only_resembles_a_drawn_shape_is_refused(opened: Opener) -> None:
    """Anything left out, added or changed: 400, 403 or 404, and nothing is gone."""
    browser = opened()
    everything = browser.keys(ACTIVITY)
    keys = sorted(browser.keys(VOICE))[:1]
    for seed in SEEDS:
        shape = random_shape(seed)
        browser.cloud.reshape(shape)
        right = fill(shape.templates[0], named(browser, keys))
        for slip in slips(shape.templates[0]):
            asking = fill(slip, named(browser, keys))
            assert asking != right
            assert browser.send(asking).status_code in {400, 403, 404}, (seed, slip)
    assert browser.cloud.truth()["accepted"] == 0
    assert browser.keys(ACTIVITY) == everything


def test_a_part_of_a_recording_or_a_strangers_name_is_refused(opened: Opener) -> None:
    """Half the items of a recording, unknown ids, another customer: never accepted."""
    browser = opened()
    key = min(browser.keys(VOICE))
    whole = named(browser, [key]).records[0]
    stranger = "A2STRANGER#" + key.partition("#")[2]
    wrong = {
        "items": (
            Named(key, whole.item_keys[:1]),
            Named(key, ("1#T#S#1-0",)),
            Named(key, ("x",)),
            Named(key),
        ),
        "utterances": (Named(key, (), ("unknown",)), Named(key, (), whole.utterance_ids * 2)),
        "list": (Named(stranger), Named("")),
        "parts": (Named("A2STRANGER#1#T#S"),),
    }
    for place, records in wrong.items():
        for seed in range(3):
            browser.cloud.reshape(random_shape(seed, place=Place(place), carrier=Carrier.JSON))
            for record in records:
                values = named(browser, [key])
                values.records = [record]
                answer = browser.send(fill(browser.cloud.world.shape.templates[0], values))
                assert answer.status_code == 400, (place, seed, record)
    assert browser.cloud.truth()["accepted"] == 0
