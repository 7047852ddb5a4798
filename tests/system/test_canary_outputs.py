"""One account full of canaries, and every way out of the program: each output is searched, by itself.

What a person asked to see, or has to see to choose, is the only exception, and stands at its place.
"""

import json
import logging
import quopri
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from agent.cli.app import app
from agent.ledger.commitment import nonce
from agent.ledger.reading import entries
from agent.model import Event
from agent.simulator.enrolment import MADE_BEFORE
from agent.simulator.server import PracticeCloud
from agent.vault import account_keys, file_vault
from tests.support.buggy import BuggyHistory
from tests.support.canaries import (
    NAMES,
    Canaries,
    add_keys,
    add_sessions,
    everything,
    hits,
    plant,
    plant_words,
)
from tests.support.daemon_process import Daemon, pass_time, started
from tests.support.moved_clock import FileClock
from tests.support.practice_home import Done, Home, practice_home
from tests.support.recorded import Recorder
from tests.support.serving import Served, serve
from tests.support.sinks import Got, mail_sink, until, web_sink
from tests.support.visitor import Person, log_in
from tests.system.test_learn import BROKEN, Har

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
KIDS = NAMES["Kids room"]
HOOK, PING, MAIL = "canary-hook-4f1d", "canary-ping-77ab", "canary-mail-c0de"
WORDS_TO_CHOOSE_BY = ("transcript", "name")
"""A person picks one recording for a trial by its words and its device."""

ELSEWHERE = frozenset(
    {
        "init",  # before there is an account
        "demo",
        "simulator",  # print a practice credential on purpose
        "config schema",  # the same for everybody
        "service install",
        "service uninstall",  # root's, before and after all accounts
        "vault init",
        "vault import",  # a key and secrets of other machines
    }
)
"""Verbs that are not called here, and why."""


@dataclass
class House:
    """The account, whom it tells, and everything it has said so far."""

    home: Home
    cloud: PracticeCloud
    made: Canaries
    web: Got
    mail: Got
    outside: Path
    verbs: list[str]

    def search(self, what: str, text: str | bytes, allowed: str | tuple[str, ...] = "-") -> None:
        """Nothing private stands in this output."""
        add_sessions(self.made, self.cloud)
        raw = text.encode() if isinstance(text, str) else text
        assert self.made.found(raw, allowed=allowed) == [], what

    def say(
        self,
        *arguments: str,
        text: str = "",
        allowed: str | tuple[str, ...] = "-",
        asked: str | tuple[str, ...] = "-",
        ends: int | None = 0,
    ) -> Done:
        """One command with `--verbose`; what may stand in its data, and what it shows to have it chosen."""
        done = self.home.run("--verbose", *arguments, text=text)
        self.verbs.append(" ".join(arguments))
        assert ends is None or done.code == ends, (arguments, done.err)
        self.search(f"stdout of {arguments}", done.out, allowed)
        self.search(f"stderr of {arguments}", done.err, asked)
        return done

    def both(self, *arguments: str, **named: Any) -> Done:  # noqa: ANN401 - passed on
        """The same as text and as JSON; the JSON's."""
        self.say(*arguments, **named)
        return self.say(*arguments, "--json", **named)

    def files(self, besides: tuple[Path, ...] = ()) -> None:
        """Nothing private stands in any file, sealed or not, but what the person wrote or asked for."""
        add_keys(self.made, self.home.state)
        theirs = [str(self.home.config), *map(str, besides)]
        assert hits(self.made, everything(self.home.place, self.outside), besides=theirs) == {}

    def capture(self, change: Callable[[Har], None] | None = None) -> Path:
        """The owner deletes two old recordings on the page while the browser records."""
        now = self.cloud.now()
        rows = [row for row in self.cloud.world.rows if row.key and row.visible("voice", now)]
        keys = [row.key for row in rows if row.device.name != "Kids room"][:2]
        with Recorder(self.cloud) as browser:
            browser.sign_in()
            har = json.loads(browser.record(*keys))
        if change is not None:
            change(har)
        file = self.outside.parent / "amazon.har"
        file.write_text(json.dumps(har))
        return file

    def runs(self) -> list[str]:
        """Verdicts so far."""
        found = (one for one in entries(self.home.directory()) if one.event is Event.RUN_ENDED)
        return [str(one.fields["verdict"]) for one in found]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An account on a cloud full of canaries, that tells by web, by mail, by a switch and in numbers."""
    account = {
        "confirm_over": 100_000,
        "keep_devices": [],
        "methods": ["learned"],
        "schedule": {"every": "1h"},
        "jitter": "0s",
    }
    outside = tmp_path / "outside"
    outside.mkdir()
    with ExitStack() as stack:
        web, mail = stack.enter_context(web_sink()), stack.enter_context(mail_sink())
        home, cloud = stack.enter_context(practice_home(tmp_path / "home", recordings=24, account=account))
        made = plant(cloud)
        home.change(keep_devices=[KIDS])
        addresses = {
            "hook": f"json://127.0.0.1:{web.port}/{HOOK}?cto=1&rto=1",
            "ping": f"{web.url}/ping/{PING}",
            "mail": f"mailto://127.0.0.1:{mail.port}/?from=a@example.org&to={MAIL}@example.org&mode=insecure"
            "&cto=1&rto=1",
        }
        for name, secret in zip(addresses, (HOOK, PING, MAIL), strict=True):
            made.add(f"address {name}", secret)
            assert home.run("secret", "set", name, text=addresses[name]).code == 0
        home.top.update(
            notify={"urls": ["{credential:hook}", "{credential:mail}"], "digest": "daily"},
            healthchecks={"url": "{credential:ping}"},
            metrics={"textfile": True},
            report={"html": True},
        )
        home.write()
        yield House(home, cloud, made, web, mail, outside, [])


def sign_in(house: House) -> None:
    """In a browser, with a pasted address; a second paste of it is refused."""
    pasted: list[str] = []

    def paste(address: str) -> str:
        pasted.append(Person(house.cloud).visit(address))
        return pasted[-1]

    arguments = ("home", "--reauth", "--no-browser")
    done = log_in(house.home, *arguments, paste=paste)
    assert done.code == 0, done.err
    again = log_in(house.home, *arguments, paste=lambda _address: pasted[0])
    assert again.code != 0
    house.made.add("authorization code", pasted[0].partition("authorization_code=")[2].partition("&")[0])
    for number, (token, serial) in enumerate(house.cloud.world.enrolments.tokens.items()):
        house.made.add(f"enrolled token {number}", token)
        if serial != MADE_BEFORE:
            house.made.add(f"own serial {number}", serial)
    for one in (done, again):  # the address to open carries our own new serial: it has to
        house.search("login", one.out + one.err, "own serial")
    house.verbs.append("login")


def learn(house: House) -> None:
    """Every way a capture can be wrong, then one that is right, with its trial."""
    for change, _, code in BROKEN.values():
        house.both("learn", str(house.capture(change)), "--no-trial", ends=code)
    file = house.capture()
    house.both("learn", str(file), "--no-trial")
    house.say("learn", str(file), text="1\ny\n", asked=WORDS_TO_CHOOSE_BY)
    assert not file.exists()


def look(house: House) -> None:
    """What was learned, what is there, what would be done."""
    house.both("list", allowed="name")
    house.say("list", "--show-text", allowed=("transcript", "name"))
    for verb in ("methods", "methods list", "methods show page"):
        house.say(*verb.split())
    house.both("methods")
    recipe = house.outside / "recipe.yaml"
    house.say("methods", "export", "page", str(recipe))
    house.say("methods", "import", str(recipe), "--yes", ends=None)
    house.say("methods", "trial", "page", text="1\n", asked=WORDS_TO_CHOOSE_BY)
    house.both("run", "--dry-run")
    house.both("auth", "check")
    house.both("schedule")
    house.both("config", "check", allowed="-")
    house.say("config", "show", allowed="name")  # the person's own words of the configuration
    house.both("secret", "list")
    house.both("doctor", ends=None)


def purge(house: House) -> str:
    """A run, its log in every form, and its id."""
    run = str(house.say("run", "--json").json["runs"][0]["run"])
    house.say("run")
    for arguments in (
        ("log",),
        ("log", "home", "--run", run),
        ("log", "--verdict", "verified"),
        ("log", "--since", "1d"),
        ("log", "--until", "2100-01-01"),
    ):
        house.both(*arguments)
    house.both("status")
    house.both("ledger", "verify")
    house.both("ledger", "key")
    return run


def prove(house: House, run: str) -> None:
    """Receipts: each discloses one record key and its number, and nothing of any other."""
    home, made = house.home, house.made
    vkey = home.run("ledger", "key", "home").out.strip()
    where = house.outside / "receipts"
    house.say("receipt", "--run", run, ends=None)
    house.say("receipt", "--run", run, "--json", ends=None)
    house.say("receipt", "--run", run, "--all", "--out", str(where))
    keys = account_keys(file_vault(home.state), "home", bytes, create=False)
    receipts = sorted(where.iterdir())
    assert len(receipts) > 2
    for receipt in receipts:
        raw = receipt.read_bytes()
        key = json.loads(raw.split(b"\n")[1].removeprefix(b"key "))
        assert nonce(keys.secret, key).hex().encode() in raw
        told = Canaries({what: value for what, value in made.values.items() if value not in key.encode()})
        disclosed = {what for what, value in made.values.items() if value == nonce(keys.secret, key)}
        assert set(told.found(raw)) == disclosed, receipt.name
        house.say("receipt", "verify", str(receipt), "--key", vkey)
    damaged = where / "damaged"
    damaged.write_bytes(receipts[0].read_bytes().replace(b"key ", b"key x"))
    house.both("receipt", "verify", str(damaged), "--key", vkey, ends=5)
    house.say("receipt", "--key", next(iter(house.cloud.world.rows)).key, "--json", ends=64)
    for receipt in (*receipts, damaged):
        receipt.unlink()


def write(house: House) -> None:
    """Letters, and what stands in them."""
    house.say("statement", "home", "--name", "A Person", "--address", "Some Street 1")
    for law in ("gdpr", "ccpa", "plain"):
        letter = house.outside / f"{law}.html"
        house.say("statement", "home", "--for", law, "--html", "--out", str(letter))
        house.search(letter.name, letter.read_bytes())


def show(house: House) -> None:
    """The page, written and printed."""
    page = house.outside / "page.html"
    house.say("report", "home", "--out", str(page))
    house.search(page.name, page.read_bytes())
    house.say("report", "home", "--out", "-")
    house.both("report")


def end(house: House) -> None:
    """The vault moves, the ledger begins anew, the account gets another name, and is signed out."""
    house.say("vault", "rotate")
    house.say("vault", "export", str(house.outside / "moving"), text="a long pass phrase\n", ends=None)
    house.both("ledger", "restart", "home", "--yes")
    house.both("ledger", "verify")
    house.both("report")
    house.both("log")
    house.say("account", "rename", "home", "flat", ends=None)
    house.say("account", "rename", "flat", "home", ends=None)
    house.say("secret", "remove", "hook")
    house.say("logout", "home")
    house.both("status", ends=None)
    house.both("run", ends=3)


def test_every_output_of_one_account(house: House) -> None:
    """Sign in, learn, look, purge, prove, write, show, end: no output of any verb holds a private value."""
    sign_in(house)
    learn(house)
    look(house)
    run = purge(house)
    house.files()
    prove(house, run)
    write(house)
    show(house)
    house.files()
    house.say("secret", "set", "extra", text="canary-extra-secret")
    house.made.add("extra", "canary-extra-secret")
    end(house)
    house.files()
    called = {verb for verb in verbs() for said in house.verbs if f"{said} ".startswith(f"{verb} ")}
    assert verbs() - called - ELSEWHERE == {"daemon"}, "the test below"


def verbs() -> set[str]:
    """Every verb there is."""

    def below(command: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - click's own
        inner = getattr(command, "commands", {})
        for name, one in inner.items():
            yield from below(one, f"{path} {name}".strip())
        if path and (not inner or command.invoke_without_command):
            yield path

    return set(below(typer.main.get_command(app), ""))


def trouble(house: House, running: Daemon) -> None:
    """A recording that stays, an edit that is refused, days that pass, a sign-in that is refused."""
    house.cloud.turn(effect="nothing")
    house.cloud.say("words", "Kitchen")
    plant_words(house.made, house.cloud)
    pass_time(running, house.cloud, HOUR_MS)
    running.until(lambda: "residual" in house.runs())
    good = home_text(house)
    house.made.add("address written out", "canary-user-pass-19ff")
    plain = good.replace("{credential:hook}", "ntfy://me:canary-user-pass-19ff@ntfy.example/topic")
    assert plain != good
    house.home.config.write_text(plain.replace('"1h"', '"1x"'))
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda: any(one.event is Event.CONFIG_REFUSED for one in entries(house.home.directory())))
    house.both("status", ends=None)
    house.home.config.write_text(good)
    running.process.send_signal(signal.SIGHUP)
    running.until(lambda: not refused(house))
    pass_time(running, house.cloud, 5 * DAY_MS)
    running.until(lambda: len(house.runs()) > 2)
    running.until(lambda: any("runs ended" in body for body in house.web.bodies))


def home_text(house: House) -> str:
    return house.home.config.read_text()


def refused(house: House) -> object:
    found = json.loads((house.home.state / "run" / "status.json").read_text())
    return found["config"]["problem"]


def test_the_service_and_whom_it_tells(house: House, tmp_path: Path) -> None:
    """Its log at debug level, status.json, numbers, messages by web and mail, the switch: none holds any."""
    house.home.change(methods=["recipe:practice-json-batch"], keep_for="0s")
    clock = FileClock(tmp_path / "ahead")
    with started(house.home, clock, "--verbose") as running:
        running.until(
            lambda: any(one.event is Event.CONFIG_APPLIED for one in entries(house.home.directory()))
        )
        pass_time(running, house.cloud, HOUR_MS)
        running.until(lambda: "verified" in house.runs())
        trouble(house, running)
        until(lambda: house.mail.bodies)
        for verb in ("status", "doctor", "schedule", "log"):
            house.both(verb, ends=None)
        house.files()
        numbers = (house.home.state / "run" / "voicepurge.prom").read_text()
        running.stop()
        said = "\n".join(running.said)
    assert list((house.home.state / "reports").iterdir()), "a page after each run"
    assert "voicepurge_visible_recordings" in numbers and '"level": "debug"' in said
    house.search("log of the service", said)
    beats = [path for path in house.web.paths if path.startswith("/ping/")]
    assert {path.split("?")[0].removeprefix(f"/ping/{PING}") for path in beats} == {"/start", "", "/fail"}
    for path, body in zip(house.web.paths, house.web.bodies, strict=True):
        house.search("path", path, ("address hook", "address ping"))  # the sink's own
        house.search("body", body)
    for letter in house.mail.bodies:
        house.search("mail", letter, "address mail")
        house.search("mail, decoded", quopri.decodestring(letter), "address mail")
    house.files()


@pytest.mark.heavy
def test_a_bug_in_the_service(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It chokes on what was said, in a run: the log at debug level tells the way there, no word of it."""
    monkeypatch.setattr("agent.wiring.AmazonHistory", BuggyHistory)
    house.home.change(methods=["recipe:practice-json-batch"])
    written: list[str] = []

    async def story(served: Served) -> None:
        logging.getLogger().setLevel(logging.DEBUG)
        await served.idle()
        served.pass_time(HOUR_MS)
        await served.until(lambda: served.lines(event="a bug met an account"))
        await served.until(lambda: house.mail.bodies)
        written.append(served.log.getvalue())

    serve(house.home, [house.cloud], story)
    assert "Traceback" in written[0] and "buggy.py" in written[0]
    house.search("log of the service", written[0])
    for body in (*house.web.bodies, *house.mail.bodies):
        house.search("body", body, "address mail")
    house.both("status", ends=None)
    house.files()


def test_no_search_here_is_blind(house: House) -> None:
    """A planted value is found in an output, a file, a receipt that discloses another, and in any form."""
    add_keys(house.made, house.home.state)
    key = next(value for what, value in house.made.values.items() if what.startswith("record key"))
    for form in (key, b"eHh4" + key.hex().upper().encode(), key.replace(b"#", b"%2523")):
        with pytest.raises(AssertionError, match="leak"):
            house.search("leak", form)
    (house.outside / "leak").write_bytes(b"..." + key)
    with pytest.raises(AssertionError, match="leak"):
        house.files()
