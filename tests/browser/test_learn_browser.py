"""`voicepurge learn --browser` against the practice page, with a script in the person's place."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.simulator.server import PracticeCloud
from tests.support.played import Desk, delete_one, desk, ended, sign_in
from tests.support.practice_home import practice_home

pytestmark = pytest.mark.heavy

Bench = tuple[Desk, PracticeCloud]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An account without a recipe, and a browser on the PATH."""
    learned = {"methods": ["learned"]}
    with practice_home(tmp_path / "home", account=learned) as (home, cloud), desk(home) as at:
        yield at, cloud


def leftovers(at: Desk) -> list[Path]:
    """Anything of a browser's profile that was not thrown away."""
    return list(at.temporary.glob("voicepurge-browser-*"))


def test_the_person_signs_in_deletes_one_and_closes_the_window(bench: Bench) -> None:
    """Learned, tried on a picked recording, proven; only the recipe is kept, and the next run verifies."""
    at, cloud = bench
    with at.learning() as process:
        with at.window() as page:
            sign_in(page)
            deleted = delete_one(page)
            assert leftovers(at), "the profile is where it can be thrown away"
            page.close()
        done = ended(process, ["1"])
    assert done.code == 0, done.err
    assert "recipe:page is proven" in done.out
    for step in ("1. Sign in", "2. Delete ONE recording", "3. Close the window"):
        assert step in done.err
    assert deleted not in cloud.truth()["surfaces"]["voice"]
    assert leftovers(at) == []
    text = (at.home.directory() / "recipes" / "page.yaml").read_text()
    who = cloud.world.account
    assert not [each for each in (who.customer_id, *(d.serial for d in who.devices)) if each in text]
    run = at.home.run("run", "--json").run
    assert (run["verdict"], run["methods"]) == ("verified", ["recipe:page"])


def test_the_recipe_goes_to_a_server_by_export_and_import(bench: Bench) -> None:
    """Learned here without a trial, imported there: the same bytes, unproven there."""
    at, _cloud = bench
    with at.learning("--no-trial") as process:
        with at.window() as page:
            sign_in(page)
            delete_one(page)
            page.close()
        done = ended(process)
    assert done.code == 0, done.err
    file = at.home.place / "page.yaml"
    assert at.home.run("methods", "export", "page", str(file)).code == 0
    (at.home.directory() / "recipes" / "page.yaml").unlink()
    assert at.home.run("methods", "import", str(file), "--yes").code == 0
    assert at.home.run("run", "--json").run["verdict"] == "verified"


def test_a_window_closed_too_soon_stores_nothing(bench: Bench) -> None:
    """Signed in and closed: nothing was deleted, says the message; no file differs, no profile is left."""
    at, _cloud = bench
    before = at.home.files()
    with at.learning("--json") as process:
        with at.window() as page:
            sign_in(page)
            page.wait_for_load_state("networkidle")
            page.close()
        done = ended(process)
    assert (done.code, done.json["error"]["code"]) == (3, "learn_no_deletion"), done.err
    assert at.home.files() == before
    assert leftovers(at) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_throws_the_profile_away(bench: Bench, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM in the middle: nothing stored, no profile left."""
    at, _cloud = bench
    before = at.home.files()
    with at.learning() as process, at.window() as page:
        sign_in(page)
        process.send_signal(number)
        done = ended(process)
    assert done.code == 130, done.err
    assert at.home.files() == before
    assert leftovers(at) == []
