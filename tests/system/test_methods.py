"""The verbs below `methods`, a supervised trial at the command line, and a run that only watches."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.methods.recipe import digest
from agent.model import Event
from agent.share import shared
from agent.simulator.server import PracticeCloud
from tests.support.practice_client import Browser
from tests.support.practice_home import Home, practice_home

RECIPE = shared("config/recipes") / "practice-json-batch.yaml"
Bench = tuple[Home, PracticeCloud]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A home whose account has no recipe of its own yet."""
    with practice_home(tmp_path, account={"methods": ["learned"]}) as both:
        yield both


def own_recipe(place: Path, name: str = "mine") -> Path:
    """A recipe as somebody would share it."""
    file = place / f"{name}.yaml"
    file.write_text(RECIPE.read_text().replace("name: practice-json-batch", f"name: {name}"))
    return file


def standing(home: Home) -> dict[str, str]:
    (account,) = home.run("methods", "--json").json["accounts"]
    return {one["method"]: one["standing"] for one in account["methods"]}


def test_without_a_method_the_verb_says_how_to_get_one(bench: Bench) -> None:
    """A fresh account: nothing there, and the command that teaches one."""
    home, _cloud = bench
    done = home.run("methods")
    assert done.code == 0
    assert "no method; a run only watches" in done.out
    assert "voicepurge learn FILE.har --account home" in done.err


def test_an_import_shows_what_it_would_send_and_asks(bench: Bench) -> None:
    """Plain words, an example without anybody's values, and without a yes nothing is stored."""
    home, _cloud = bench
    before = home.files()
    refused = home.run("methods", "import", str(own_recipe(home.place)))
    assert refused.code == 64
    assert "POST https://www.amazon.de/alexa-privacy/apd/rvh/delete-records" in refused.err
    assert "CUSTOMER#" in refused.err
    assert home.files() == before
    taken = home.run("methods", "import", str(own_recipe(home.place)), text="y\n")
    assert taken.code == 0, taken.err
    stored = home.directory() / "recipes" / "mine.yaml"
    assert stored.read_bytes() == own_recipe(home.place).read_bytes()
    assert stat.S_IMODE(stored.stat().st_mode) == 0o640
    assert standing(home) == {"recipe:mine": "unproven"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/behaviors/preview",
        "/alexa-privacy/../gp/x",
        "/alexa-privacy/%2e%2e/x",
        "//evil.example/alexa-privacy/",
    ],
)
def test_an_import_never_leaves_its_bounds(bench: Bench, path: str) -> None:
    """A path outside the privacy pages is refused, whatever is answered."""
    home, _cloud = bench
    file = own_recipe(home.place)
    file.write_text(file.read_text().replace("/alexa-privacy/apd/rvh/delete-records", path))
    before = home.files()
    done = home.run("methods", "import", str(file), "--yes", text="y\n")
    assert done.code == 78
    assert home.files() == before


def test_export_gives_back_the_same_bytes(bench: Bench) -> None:
    """What one machine exports is the very file the other imports: same digest, nothing overwritten."""
    home, _cloud = bench
    file = own_recipe(home.place)
    assert home.run("methods", "import", str(file), "--yes").code == 0
    assert home.run("methods", "export", "mine").out == file.read_text()
    target = home.place / "out.yaml"
    assert home.run("methods", "export", "mine", str(target)).code == 0
    assert digest(target.read_bytes()) == digest(file.read_bytes())
    assert home.run("methods", "export", "mine", str(target)).code == 64
    assert home.run("methods", "export", "nobody").code == 64


def test_a_trial_deletes_the_one_the_person_picks(bench: Bench) -> None:
    """Words are on the screen only; exactly the picked one goes; the method is proven; the rest is purged."""
    home, cloud = bench
    home.run("methods", "import", str(own_recipe(home.place)), "--yes")
    cloud.say("the secret word is xylophone", ago_ms=30 * 3_600_000)
    before = home.files()
    done = home.run("methods", "trial", "mine", text="1\n")
    assert done.code == 0, done.err
    assert "is proven" in done.out
    assert "xylophone" in done.err
    changed = b"".join(raw for path, raw in home.files().items() if before.get(path) != raw)
    assert b"xylophone" not in changed
    assert len(cloud.truth()["requested"]) == 1
    assert standing(home) == {"recipe:mine": "proven"}
    run = home.run("run", "--json").run
    assert (run["verdict"], run["methods"]) == ("verified", ["recipe:mine"])
    assert home.run("ledger", "verify").code == 0


def test_without_an_answer_nothing_is_tried(bench: Bench) -> None:
    """Nobody picked: not one request, the method stays unproven, and the ledger says the run was stopped."""
    home, cloud = bench
    home.run("methods", "import", str(own_recipe(home.place)), "--yes")
    done = home.run("methods", "trial", "mine", "--json")
    assert (done.code, done.json["picked"], done.json["standing"]) == (0, False, "unproven")
    assert cloud.truth()["requested"] == []


def test_an_over_deleting_endpoint_never_passes_and_later_ends_a_run_blocked(bench: Bench) -> None:
    """Asked for one, removes two: failed in the trial; without one, blocked after the first slice."""
    home, cloud = bench
    home.run("methods", "import", str(own_recipe(home.place)), "--yes")
    cloud.turn(over_delete=1)
    done = home.run("methods", "trial", "mine", "--json", text="1\n")
    assert (done.json["passed"], done.json["standing"], done.code) == (False, "failed", 3)
    assert "Not tried again by itself" in home.run("methods").out
    assert home.run("run", "--json").run["verdict"] == "watch_only"
    home.run("methods", "import", str(own_recipe(home.place)), "--yes")
    cloud.turn(over_delete=1)
    run = home.run("run", "--json").run
    assert (run["verdict"], run["reason"], run["requested"]) == ("blocked", "collateral", 1)


def test_the_order_is_that_of_a_run(bench: Bench) -> None:
    """Last proven first; what the configuration does not name stands last and says so."""
    home, _cloud = bench
    for name in ("one", "two"):
        home.run("methods", "import", str(own_recipe(home.place, name)), "--yes")
    assert home.run("methods", "trial", "two", text="1\n").code == 0
    assert list(standing(home)) == ["recipe:two", "recipe:one"]
    home.change(methods=["recipe:one"])
    assert list(standing(home)) == ["recipe:one", "recipe:two"]
    assert "does not name it" in home.run("methods", "home").out


def test_show_explains_without_sending(bench: Bench) -> None:
    """Plain words and an example; the other side hears nothing."""
    home, cloud = bench
    home.run("methods", "import", str(own_recipe(home.place)), "--yes")
    asked = cloud.truth()["requests"]
    done = home.run("methods", "show", "mine")
    assert done.code == 0 and "POST https://www.amazon.de/" in done.out
    assert home.run("methods", "show", "mine", "--json").json["method"] == "recipe:mine"
    assert cloud.truth()["requests"] == asked


def test_the_page_changes_and_somebody_teaches_again(bench: Bench) -> None:
    """Residual, failed, said with the command, no wrong deletion; a new recipe is verified."""
    home, cloud = bench
    home.run("methods", "import", str(own_recipe(home.place)), "--yes")
    assert home.run("methods", "trial", "mine", text="1\n").code == 0
    file = home.directory() / "recipes" / "mine.yaml"
    gone = len(cloud.truth()["requested"])
    cloud.turn(effect="nothing")
    run = home.run("run", "--json").run
    assert (run["verdict"], run["gone"]) == ("residual", 0)
    assert standing(home) == {"recipe:mine": "failed"}
    said = home.run("methods").out
    assert "voicepurge learn FILE.har --account home" in said and "Not tried before" in said
    asked = len(cloud.truth()["deletions"])
    watched = home.run("run", "--json").run
    assert (watched["verdict"], watched["reason"]) == ("watch_only", "no_method")
    assert len(cloud.truth()["deletions"]) == asked > gone
    cloud.turn(effect="honest")
    file.unlink()
    home.run("methods", "import", str(own_recipe(home.place, "again")), "--yes")
    assert home.run("run", "--json").run["verdict"] == "verified"


def test_watching_counts_compares_and_says_where_to_delete_by_hand(bench: Bench) -> None:
    """No method: numbers, both addresses; after the owner deleted by hand the next run confirms it."""
    home, cloud = bench
    first = home.run("run")
    assert first.code == 1
    assert "watch only" in first.out
    assert "https://www.amazon.de/alexa-privacy/apd/rvh" in first.out
    assert "https://www.amazon.de/alexa-privacy/apd/myad" in first.out
    old = [row.key for row in cloud.world.rows if row.key and row.at <= cloud.now() - 86_400_000]
    by_hand(cloud, old[2:])
    second = home.run("run", "--json")
    assert second.run["before"]["due"] == len(old) and second.run["due"] == 2
    assert second.run["by_hand"]["delete"] == "https://www.amazon.de/alexa-privacy/apd/rvh"
    by_hand(cloud, old[:2])
    third = home.run("run")
    assert third.code == 0
    assert "nothing due" in third.out and "Nothing that was due then is visible any more." in third.out
    events = {json.loads(line)["event"] for line in home.ledger().splitlines()}
    assert Event.DELETION_INTENDED not in events


def by_hand(cloud: PracticeCloud, keys: list[str]) -> None:
    """The owner deletes on the page itself."""
    with Browser(cloud) as browser:
        browser.sign_in()
        for at in range(0, len(keys), 50):
            assert browser.delete(*keys[at : at + 50]).status_code == 200
