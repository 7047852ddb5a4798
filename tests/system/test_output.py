"""What the verbs print: for people, for programs, and never what could steer a terminal."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from agent.cli.app import app
from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Home, documents, practice_home

EVIL_NAME = "Kit\u202echen\x1b[2J\x07"
EVIL_TEXT = "drink \x1b[31mred\x1b[0m \x1b]0;title\x07\u2066wine\u2069\x9b2J\r\nsecond"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud with 40 recordings."""
    with practice_home(tmp_path) as both:
        yield both


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - click's tree
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path
        return
    for name, sub in inner.items():
        yield from verbs(sub, (*path, name))


VERBS = list(verbs(typer.main.get_command(app)))


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_help_of_every_verb_has_an_example(tmp_path: Path, verb: tuple[str, ...]) -> None:
    """`--help` needs no configuration, exits 0 and ends with a line that calls this very verb."""
    done = Home(tmp_path).run(*verb, "--help")
    assert (done.code, done.err) == (0, "")
    example = done.out.strip().splitlines()[-1].strip()
    assert example.startswith(("Example: voicepurge ", "Example: sudo voicepurge "))
    assert " ".join(verb) in example


def test_there_are_the_promised_verbs(tmp_path: Path) -> None:
    """No verb is missing, and without one the help comes as lines."""
    assert {" ".join(verb) for verb in VERBS} >= {
        *("run", "list", "log", "login", "demo", "simulator"),
        *("ledger verify", "ledger key", "config check"),
    }
    assert Home(tmp_path).run().err.splitlines()[0] == "Usage: voicepurge [OPTIONS] COMMAND [ARGS]..."


def harmless(text: str) -> bool:
    """Whether no character but the line's end could steer a terminal or turn the writing round."""
    return all(char == "\n" or unicodedata.category(char) not in {"Cc", "Cf"} for char in text)


def test_words_and_names_from_elsewhere_cannot_reach_the_terminal_raw(
    bench: tuple[Home, PracticeCloud],
) -> None:
    """Control and bidi characters go, brackets and colons stay as they are: nothing is markup."""
    home, cloud = bench
    cloud.say(text=EVIL_TEXT, device="Kitchen")
    cloud.say(text="[bold]party[/bold] :tada: {x}", device="Kitchen")
    cloud.turn(rename_devices={"Kitchen": EVIL_NAME}, rename_after_delete=False)
    shown = home.run("list", "--show-text")
    assert shown.code == 0
    assert harmless(shown.out) and harmless(shown.err)
    assert "  Kitchen  drink red wine second\n" in shown.out
    assert "  Kitchen  [bold]party[/bold] :tada: {x}\n" in shown.out
    assert harmless(home.run("list").out)
    plain = home.run("list", "--show-text", "--json")
    assert plain.out.isascii() and harmless(plain.out)
    assert " ".join(EVIL_TEXT.split()) in [row["text"] for row in plain.json["rows"]]
    assert EVIL_NAME in {row["device"] for row in plain.json["rows"]}
    assert harmless(home.run("run").out)


def test_list_counts_by_day_and_device(bench: tuple[Home, PracticeCloud]) -> None:
    """The days are those of the configured zone, and the sums are what is really there."""
    home, cloud = bench
    document = home.run("list", "--json").json
    truth = cloud.truth()
    voice, activity = (set(truth["surfaces"][surface]) for surface in ("voice", "activity"))
    assert document["recordings"] == len(voice | activity)
    assert document["recordings"] == sum(row["recordings"] for row in document["days"])
    assert document["texts"] == len(voice & set(truth["texts"]))  # the activity page shows no words
    assert document["complete"] is True
    lines = home.run("list").out.splitlines()
    assert lines[0] == f"[practice] home: 40 recordings visible, {document['texts']} of them with text."
    days, labels = lines[1 : len(document["days"]) + 1], lines[len(document["days"]) + 1 :]
    assert [line.split(maxsplit=2) for line in days] == [
        [row["day"], str(row["recordings"]), row["device"]] for row in document["days"]
    ]
    assert [line.split(" in status and reports is ") for line in labels] == [
        [f"  {label}", device] for label, device in document["labels"].items()
    ]


def test_words_show_only_when_asked_for(bench: tuple[Home, PracticeCloud]) -> None:
    """Without `--show-text` no word that was spoken is in any output, nor ever in the ledger."""
    home, cloud = bench
    cloud.say(text="zanzibar", ago_ms=90_000_000)
    for verb in (["list"], ["list", "--json"], ["run", "--dry-run"], ["run"], ["log", "--json"]):
        done = home.run(*verb)
        assert "zanzibar" not in done.out + done.err
    assert b"zanzibar" not in home.ledger()
    cloud.say(text="zanzibar")
    assert "zanzibar" in home.run("list", "--show-text").out


def test_a_listing_that_did_not_end_is_said(bench: tuple[Home, PracticeCloud]) -> None:
    """The rows seen are shown, which surface is incomplete and why, and the exit code is not 0."""
    home, cloud = bench
    cloud.turn(faults=[{"kind": "token_loop", "on": "activity"}])
    done = home.run("list")
    assert done.code == 2
    assert "The listing of activity is incomplete: the listing turned in a circle." in done.err
    document = home.run("list", "--json").json
    assert document["complete"] is False
    assert document["surfaces"]["activity"]["reason"] == "token_loop"
    assert document["surfaces"]["voice"]["complete"] is True


def test_log_has_a_line_for_each_run_and_all_of_one(bench: tuple[Home, PracticeCloud]) -> None:
    """`log` shows what ended, `log --run ID` every step of it, each with its time in UTC."""
    home, _cloud = bench
    first, second = home.run("run", "--json").run, home.run("run", "--json").run
    lines = home.run("log", "home").out.splitlines()
    assert [line.split(" UTC  ")[1] for line in lines[:2]] == [
        "[practice] home  ledger created",
        "[practice] home  signed in",
    ]
    assert f"run {first['run']}  verified" in lines[2] and f"gone {first['gone']}" in lines[2]
    assert f"run {second['run']}  nothing_due" in lines[3]
    steps = home.run("log", "--run", first["run"]).out
    assert steps.count("will request deletion") == 2
    assert steps.count("the request was answered: accepted with status 200") == 2
    assert "is now proven" in steps and second["run"] not in steps
    assert home.run("log", "--run", first["run"][:6]).out == steps


def test_log_json_is_one_document_a_line(bench: tuple[Home, PracticeCloud]) -> None:
    """Each line stands alone; all entries of a run follow each other."""
    home, _cloud = bench
    run = home.run("run", "--json").run["run"]
    found = documents(home.run("log", "--json", "--run", run).out)
    assert [entry["event"] for entry in found] == [
        "run_started",
        "listed",
        *("deletion_intended", "deletion_answered", "relisted", "method_changed"),
        *("deletion_intended", "deletion_answered", "relisted"),
        "run_ended",
    ]
    assert [entry["seq"] for entry in found] == list(range(2, 12))
    assert all((e["v"], e["account"], e["practice"], e["run"]) == (1, "home", True, run) for e in found)


def test_every_output_of_a_practice_account_says_practice(bench: tuple[Home, PracticeCloud]) -> None:
    """Nobody can take a run against a practice cloud for evidence about Amazon."""
    home, cloud = bench
    verbs = ["config check", "list", "run --dry-run", "run", "log home", "ledger verify", "ledger key"]
    for verb in [*verbs, "ledger key home"]:
        done = home.run(*verb.split())
        assert done.code == 0
        assert "practice" in (done.out + done.err).replace(str(home.place), ""), verb
    for verb in ["list", "run", "run --dry-run", "log", "ledger verify", "ledger key"]:
        for document in documents(home.run(*verb.split(), "--json").out):
            inner = document.get("runs") or document.get("ledgers") or document.get("keys") or [document]
            assert all(one["practice"] is True for one in inner), verb
    cloud.turn(faults=[{"kind": "revoked", "on": "any"}])
    assert "[practice] home: blocked" in home.run("run").out


def test_only_the_key_is_on_stdout(bench: tuple[Home, PracticeCloud]) -> None:
    """`ledger key ACCOUNT` can be used as it is: it verifies a copy of the ledger."""
    home, _cloud = bench
    home.run("run")
    key = home.run("ledger", "key", "home").out
    checked = home.run("ledger", "verify", str(home.directory() / "ledger.jsonl"), "--key", key.strip())
    assert checked.code == 0
    assert home.run("ledger", "key", "home", "--json").json["keys"][0]["vkey"] == key.strip()


def test_a_later_run_says_how_far_back_it_looked(bench: tuple[Home, PracticeCloud]) -> None:
    """What lies before the listed window is not called "not visible"."""
    home, _cloud = bench
    home.change(keep_for="0s", keep_devices=["Kids room"])
    assert home.run("run").code == 0
    again = home.run("run", "--json")
    assert again.run["verdict"] == "nothing_due"
    assert " spoken since 20" in home.run("run").out


def test_config_check_warns_of_what_can_never_be(bench: tuple[Home, PracticeCloud]) -> None:
    """A method the policy never allows and one that is not there: exit 0 and a warning each."""
    home, _cloud = bench
    home.change(methods=["recipe:practice-everything", "recipe:not-there"])
    done = home.run("config", "check")
    assert done.code == 0
    assert "home: this policy can never allow recipe:practice-everything" in done.err
    assert "home: there is no recipe:not-there" in done.err
    assert len(home.run("config", "check", "--json").json["warnings"]) == 2
