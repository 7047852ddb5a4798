"""The service tells others, over real sockets, and goes on whatever they do."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.ledger.note import parse_vkey
from agent.ledger.pasted import checkpoints
from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Home, practice_home
from tests.support.serving import DAY_MS, HOUR_MS, Served, serving
from tests.support.sinks import Got, free_port, silent_sink, web_sink

SECRET = "canary-in-the-address"
Sink = Callable[[], AbstractContextManager[Got]]
Story = Callable[[Served, PracticeCloud, Got], Awaitable[None]]


def live(
    place: Path,
    story: Story,
    *,
    sink: Sink = web_sink,
    notify: dict[str, Any] | None = None,
    **dials: object,
) -> Home:
    """A service with a message channel, a dead man's switch and numbers, all at one sink."""
    with ExitStack() as stack:
        got = stack.enter_context(sink())
        account = {"schedule": {"every": "1h"}, "jitter": "0s"}
        home, cloud = stack.enter_context(practice_home(place, recordings=20, account=account, **dials))
        hook = f"json://127.0.0.1:{got.port}/{SECRET}?cto=1&rto=1"
        for name, value in (("hook", hook), ("hc", f"{got.url}/ping/{SECRET}")):
            assert home.run("secret", "set", name, text=value).code == 0
        home.top.update(
            notify={"urls": ["{credential:hook}"], **(notify or {})},
            healthchecks={"url": "{credential:hc}"},
            metrics={"textfile": True},
        )
        home.write()

        async def told() -> None:
            async with serving(home, cloud) as running:
                await running.idle()
                await story(running, cloud, got)

        asyncio.run(told())
        return home


def beats(got: Got) -> list[str]:
    """What the switch heard, in order: start, success, fail."""
    paths = [urlsplit(path).path for path in got.paths if path.startswith("/ping/")]
    return [path.removeprefix(f"/ping/{SECRET}").strip("/") or "success" for path in paths]


def messages(got: Got) -> list[str]:
    """Messages the channel delivered."""
    pairs = zip(got.paths, got.bodies, strict=True)
    return [json.loads(body)["message"] for path, body in pairs if not path.startswith("/ping/")]


def error_of(running: Served, label: str) -> str:
    """What `status.json` says is wrong with an outlet."""
    return str(running.status()["channels"].get(label, {}).get("error"))


def numbers(home: Home) -> dict[str, float]:
    """The Prometheus file as a parser reads it."""
    text = (home.state / "run" / "voicepurge.prom").read_text()
    return {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}


def test_a_good_run_is_told_to_the_switch_and_the_numbers_and_to_nobody_else(tmp_path: Path) -> None:
    """Start, then success under the same id with the signed head; no message: silence when all is well."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        running.pass_time(HOUR_MS)
        await running.until(lambda: beats(got) == ["start", "success"])
        ids = {parse_qs(urlsplit(path).query)["rid"][0] for path in got.paths}
        assert len(ids) == 1
        vkey = parse_vkey(running.home.run("ledger", "key", "home").out.strip())
        assert checkpoints(got.bodies[-1], vkey)
        assert messages(got) == []
        await running.until(lambda: "voicepurge_last_verified_timestamp_seconds" in numbers(running.home))
        assert numbers(running.home)["voicepurge_missed_slots_total"] == 0

    live(tmp_path, story)


def test_trouble_is_told_once_and_its_end_too(tmp_path: Path) -> None:
    """A method that removes nothing: one message with the command and the head, `/fail` at each run."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        running.pass_time(HOUR_MS)
        await running.until(running.runs)
        await running.idle()
        running.pass_time(HOUR_MS)
        await running.until(lambda: beats(got).count("fail") == 2)
        await running.until(lambda: messages(got))
        told = messages(got)
        assert len(told) == 1, told
        assert told[0].startswith("[practice] home: ")
        vkey = parse_vkey(running.home.run("ledger", "key", "home").out.strip())
        assert checkpoints(told[0], vkey)

    live(tmp_path, story, effect="nothing")


def test_a_refused_edit_is_told_with_the_signed_head_too(tmp_path: Path) -> None:
    """Whatever a message is about, whoever keeps it is a witness; the first line has the error's place."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        config, vkey = running.home.config, running.home.run("ledger", "key", "home").out.strip()
        config.write_text(config.read_text().replace('"1h"', '"7m"'))
        await running.until(lambda: messages(got))
        (told,) = messages(got)
        assert checkpoints(told, parse_vkey(vkey))
        assert "voicepurge.yaml:" in told.splitlines()[0] and "config check" in told.splitlines()[2]

    live(tmp_path, story, notify={"when": []})


def test_what_was_not_chosen_is_not_told(tmp_path: Path) -> None:
    """With `when: [drifted]` a residue is nobody's news, but the switch hears of it."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        running.pass_time(HOUR_MS)
        await running.until(lambda: "fail" in beats(got))
        await running.beats(5)
        assert messages(got) == []

    live(tmp_path, story, notify={"when": ["drifted"]}, effect="nothing")


def test_a_refusing_channel_is_tried_again_and_stands_in_the_status(tmp_path: Path) -> None:
    """500 now: the purge goes on, `status.json` says so; a minute later it is told after all."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        got.answer = 500
        running.pass_time(HOUR_MS)
        await running.until(lambda: error_of(running, "hook") == "refused")
        await running.until(lambda: error_of(running, "healthchecks") == "status_500")
        assert running.runs(), "the run went on"
        got.answer = 200
        got.paths.clear()
        got.bodies.clear()
        running.pass_time(90_000)
        await running.until(lambda: len(messages(got)) == 1)
        await running.until(lambda: running.status()["channels"]["hook"]["ok"])

    live(tmp_path, story, effect="nothing")


@contextmanager
def down() -> Iterator[Got]:
    """Nobody listens."""
    yield Got(free_port())


@pytest.mark.parametrize("sink", [down, silent_sink], ids=["down", "silent"])
def test_nobody_answers_and_the_purge_does_not_care(tmp_path: Path, sink: Sink) -> None:
    """Runs are verified in their hour, and the status names the channel, never its address."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        running.pass_time(HOUR_MS)
        await running.until(running.runs)
        assert running.runs()[0][0] == "verified"
        running.pass_time(HOUR_MS)
        await running.until(lambda: len(running.runs()) == 2)

    home = live(tmp_path, story, sink=sink)
    assert not any(SECRET.encode() in content for content in home.files().values())


def test_a_summary_is_told_at_nine_on_monday_and_once(tmp_path: Path) -> None:
    """Over ten days there is exactly one, and it counts the runs since the service first looked."""

    async def story(running: Served, cloud: PracticeCloud, got: Got) -> None:
        for _ in range(10):
            running.pass_time(DAY_MS)
            await running.beats(4)
            await running.idle()
        await running.until(lambda: any("runs ended clean" in told for told in messages(got)))
        await running.beats(6)
        found = [told for told in messages(got) if "runs ended clean" in told]
        assert 1 <= len(found) <= 2, found
        assert "home: " in found[0]

    live(tmp_path, story, notify={"digest": "weekly", "when": []})


def test_a_secret_that_is_missing_is_said_and_stops_nothing(tmp_path: Path) -> None:
    """The service runs; `status.json` says which channel has no address."""
    account = {"schedule": {"every": "1h"}, "jitter": "0s"}
    with practice_home(tmp_path, recordings=20, account=account, effect="nothing") as (home, cloud):
        home.top.update(notify={"urls": ["{credential:nowhere}"]})
        home.write()

        async def told() -> None:
            async with serving(home, cloud) as running:
                await running.idle()
                running.pass_time(HOUR_MS)
                await running.until(
                    lambda: running.status()["channels"].get("nowhere", {}).get("error") == "vault"
                )
                assert running.runs()

        asyncio.run(told())
