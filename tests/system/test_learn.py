"""`voicepurge learn FILE.har` as a person meets it: a capture of one deletion becomes a proven method."""

import json
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped] # it ships no types
import pytest

from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Home, practice_home
from tests.support.recorded import Recorder

Bench = tuple[Home, PracticeCloud]
Har = dict[str, Any]
PICK_FIRST = "1\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A home whose account has no recipe, and a cloud that deletes as its page does."""
    with practice_home(tmp_path, account={"methods": ["learned"]}) as both:
        yield both


def capture(home: Home, cloud: PracticeCloud, count: int = 1) -> Path:
    """The owner deletes old recordings on the page while the browser records."""
    now = cloud.now()
    seen = [
        row for row in cloud.world.rows if row.key and "voice" in row.surfaces and row.visible("voice", now)
    ]
    old = [row.key for row in seen[:count]]
    with Recorder(cloud) as browser:
        browser.sign_in()
        raw = browser.record(*old)
    file = home.place / "amazon.har"
    file.write_bytes(raw)
    return file


def edit(file: Path, change: Callable[[Har], None]) -> None:
    har = json.loads(file.read_text())
    change(har)
    file.write_text(json.dumps(har))


def entries(har: Har, part: str) -> list[Har]:
    return [each for each in har["log"]["entries"] if part in each["request"]["url"]]


def test_learned_tried_and_used(bench: Bench) -> None:
    """One deletion in a browser, one picked in the trial; the rest is purged with nothing else known."""
    home, cloud = bench
    file = capture(home, cloud, 3)
    done = home.run("learn", str(file), text=PICK_FIRST + "y\n")
    assert done.code == 0, done.err
    assert "recipe:page is proven" in done.out
    assert "this one deletes" in done.err and "POST https://www.amazon.de/alexa-privacy/" in done.err
    assert not file.exists()
    stored = home.directory() / "recipes" / "page.yaml"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o640
    run = home.run("run", "--json").run
    assert (run["verdict"], run["methods"]) == ("verified", ["recipe:page"])
    assert home.run("ledger", "verify").code == 0
    who = cloud.world.account
    private = [who.customer_id, who.credential, *(device.serial for device in who.devices)]
    assert not [secret for secret in private if secret in stored.read_text()]


def test_without_a_trial_it_stays_unproven_and_the_first_run_tries_one(bench: Bench) -> None:
    """`--no-trial`: nothing is requested now; the first run asks for one, then for the rest."""
    home, cloud = bench
    file = capture(home, cloud, 2)
    before = len(cloud.truth()["deletions"])
    done = home.run("learn", str(file), "--no-trial", "--json")
    assert (done.code, done.json["standing"], done.json["trial"]) == (0, "unproven", None)
    assert done.json["file_deleted"] is False and file.exists()
    assert len(cloud.truth()["deletions"]) == before
    assert home.run("run", "--json").run["verdict"] == "verified"
    keys = [len(each["keys"]) for each in cloud.truth()["deletions"][before:]]
    assert keys[0] == 1 and sum(keys) > 1


def test_a_capture_is_never_copied(bench: Bench) -> None:
    """Nothing that stood in the HAR, a cookie or a word, lies anywhere in the state afterwards."""
    home, cloud = bench
    file = capture(home, cloud)
    cookie = json.loads(file.read_text())["log"]["entries"][0]["request"]["headers"]
    secret = next(each["value"] for each in cookie if each["name"] == "cookie").split("at-acbde=")[1][:30]
    assert home.run("learn", str(file), "--no-trial").code == 0
    assert not [path for path, raw in home.files().items() if secret.encode() in raw]


def truncated(har: Har) -> None:
    for each in entries(har, "customer-history-records"):
        each["response"]["content"]["text"] = each["response"]["content"]["text"][:-40]


def without_deletion(har: Har) -> None:
    har["log"]["entries"] = [each for each in har["log"]["entries"] if "delete" not in each["request"]["url"]]


def refused(har: Har) -> None:
    for each in entries(har, "delete-records"):
        each["response"]["status"] = 403


def twice(har: Har) -> None:
    """Another request carries the same key in the same way to another address, with the same answer."""
    (only,) = entries(har, "delete-records")
    other = json.loads(json.dumps(only))
    other["request"]["url"] = only["request"]["url"].replace("delete-records", "delete-copies")
    har["log"]["entries"].insert(har["log"]["entries"].index(only), other)


def of_another_account(har: Har) -> None:
    """Every place that names the account names somebody else."""
    (first, *_) = entries(har, "customer-history-records")
    rows = json.loads(first["response"]["content"]["text"])["customerHistoryRecords"]
    raw = json.dumps(har).replace(rows[0]["customerId"], "A0SOMEBODYELSE0")
    har.clear()
    har.update(json.loads(raw))


def of_several(har: Har) -> None:
    """Among the rows there are some of somebody else."""
    for listing in entries(har, "customer-history-records"):
        content = listing["response"]["content"]
        page = json.loads(content["text"])
        own = page["customerHistoryRecords"][0]["customerId"]
        rows = page["customerHistoryRecords"][-2:]
        theirs = json.loads(json.dumps(rows).replace(own, "A0SOMEBODYELSE0"))
        page["customerHistoryRecords"][-2:] = theirs
        content["text"] = json.dumps(page)


BROKEN: dict[str, tuple[Callable[[Har], None], str, int]] = {
    "no deletion": (without_deletion, "learn_no_deletion", 3),
    "two candidates": (twice, "learn_several", 3),
    "a failed deletion": (refused, "learn_failed_deletion", 3),
    "another account": (of_another_account, "learn_other_account", 3),
    "a truncated body": (truncated, "learn_cut", 3),
    "someone else's data": (of_several, "learn_others_data", 3),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_capture_has_its_own_message_and_nothing_is_stored(bench: Bench, name: str) -> None:
    """Told apart by code and words; not one byte of the state changes, nothing is sent."""
    home, cloud = bench
    file = capture(home, cloud)
    change, code, exit_code = BROKEN[name]
    edit(file, change)
    before, asked = home.files(), cloud.truth()["requests"]
    done = home.run("learn", str(file), "--json")
    assert (done.code, done.json["error"]["code"]) == (exit_code, code)
    assert (home.files(), cloud.truth()["requests"]) == (before, asked)
    assert "delete it when you are done" in done.err and file.exists()


def test_a_candidate_is_chosen_by_its_number(bench: Bench) -> None:
    """In a pipe the candidates are listed with `--choose`; with it the right one is learned."""
    home, cloud = bench
    file = capture(home, cloud)
    edit(file, twice)
    listed = home.run("learn", str(file), "--no-trial")
    assert "--choose" in listed.err and "1." in listed.err and "2." in listed.err
    right = 1 + listed.err.split("--choose")[1].split("2.")[0].count("delete-copies")
    done = home.run("learn", str(file), "--choose", str(right), "--no-trial", "--json")
    assert done.code == 0, done.err
    assert home.run("run", "--json").run["verdict"] == "verified"


def test_another_recipe_of_that_name_is_not_overwritten_unasked(bench: Bench) -> None:
    """Without a yes an error and the old bytes, with a yes the new ones."""
    home, cloud = bench
    file = capture(home, cloud, 1)
    assert home.run("learn", str(file), "--no-trial", "--name", "mine").code == 0
    stored = home.directory() / "recipes" / "mine.yaml"
    before = stored.read_bytes()
    more = capture(home, cloud, 4)
    assert home.run("learn", str(more), "--no-trial", "--name", "mine").code == 64
    assert stored.read_bytes() == before
    assert home.run("learn", str(more), "--no-trial", "--name", "mine", text="y\n").code == 0
    assert stored.read_bytes() != before


def test_teaching_the_same_again_adds_nothing(bench: Bench) -> None:
    """The same request learned twice stays one recipe; a failed one may be tried again."""
    home, cloud = bench
    file = capture(home, cloud, 2)
    assert home.run("learn", str(file), text=PICK_FIRST).code == 0
    cloud.turn(effect="nothing")
    assert home.run("run", "--json").run["verdict"] == "residual"
    cloud.turn(effect="honest")
    again = home.run("learn", str(file), text=PICK_FIRST)
    assert again.code == 0 and "the same as recipe:page" in again.err
    assert [path.name for path in (home.directory() / "recipes").iterdir()] == ["page.yaml"]
    assert home.run("run", "--json").run["verdict"] == "verified"


def test_nobody_signed_in_can_learn_but_not_try(tmp_path: Path) -> None:
    """A trial needs a session; `--no-trial` does not, and the recipe can be carried elsewhere."""
    with practice_home(tmp_path, account={"methods": ["learned"]}) as (home, cloud):
        file = capture(home, cloud)
        assert home.run("logout", "home").code == 0
        assert home.run("learn", str(file)).code == 3
        assert home.run("learn", str(file), "--no-trial").code == 0
        assert home.run("methods", "export", "page").out.startswith("#")


def test_at_a_terminal_the_person_is_led_through(bench: Bench) -> None:
    """Candidates, the recording and the file are asked for; Ctrl-C at a question stores no lie."""
    home, cloud = bench
    file = capture(home, cloud)
    edit(file, twice)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "agent", "learn", str(file)],
        env={**home.environment(), "TERM": "dumb"},
        encoding="utf-8",
        timeout=30,
    )
    child.expect("Which one deletes")
    child.sendline("2" if "delete-copies" in child.before.split("2.")[0] else "1")
    child.expect("Which one shall go")
    child.sendintr()
    child.expect("was not tried")
    child.expect("Delete .*amazon.har now")
    child.sendline("n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert home.run("ledger", "verify").code == 0
    (account,) = home.run("methods", "--json").json["accounts"]
    assert [one["standing"] for one in account["methods"]] == ["unproven"]
