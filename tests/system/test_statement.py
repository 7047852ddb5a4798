"""The letter: its figures are the ledger's, its claims no more than that."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.simulator.server import PracticeCloud
from tests.support.practice_home import Home, practice_home


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home after a run that left half, and one more that found some of it back."""
    place = tmp_path_factory.mktemp("home")
    with practice_home(place, effect="half", reappear_after_ms=3_600_000) as (home, cloud):
        assert home.run("run", "home").code in (1, 2)
        cloud.world.clock.advance(7_200_000)
        home.run("run", "home")
        yield home, cloud


def counted(home: Home) -> dict[str, int]:
    """The figures, counted here once more from the lines of the file."""
    fates: dict[str, str] = {}
    answers = back = 0
    for line in home.ledger().splitlines():
        entry = json.loads(line)
        match entry["event"]:
            case "deletion_intended":
                fates |= {named: "unknown" for named, _ in entry["recordings"]}
            case "deletion_answered":
                answers += 1
            case "relisted":
                for fate in ("gone", "text_remains", "still_visible"):
                    fates |= {named: fate for named in entry[fate] if named in fates}
            case "reappeared":
                back += len(entry["recordings"])
                fates |= {named: "still_visible" for named in entry["recordings"] if named in fates}
    tally = {fate: list(fates.values()).count(fate) for fate in ("gone", "still_visible", "unknown")}
    return {"requested": len(fates), "answers": answers, "reappeared": back, **tally}


def test_the_figures_are_those_of_the_ledger(bench: tuple[Home, PracticeCloud]) -> None:
    """Requested, gone, still visible and come back, each as an independent count finds them."""
    home, _ = bench
    done = home.run("statement", "home")
    assert done.code == 0, done.err
    right = counted(home)
    assert right["reappeared"] and right["still_visible"], "the bench must have something to tell"
    assert f"I requested the deletion of {right['requested']} recordings" in done.out
    assert f"- {right['gone']} recordings are no longer visible in my history" in done.out
    assert f"- {right['still_visible']} recordings are still visible" in done.out
    assert f"- {right['reappeared']} recordings had disappeared and became visible again" in done.out
    requests = sum(int(n.replace(",", "")) for n in re.findall(r"- ([\d,]+) requests?: ", done.out))
    assert requests == right["answers"]


def test_it_claims_no_more_than_was_seen(bench: tuple[Home, PracticeCloud]) -> None:
    """Never "erased" or "deleted" as a fact; practice is said first; the signed head is attached."""
    home, _ = bench
    out = home.run("statement", "home").out
    assert out.startswith("PRACTICE")
    told = out[: out.index("I therefore ask")]
    assert not re.search(r"erased|were deleted|was deleted|have been deleted|cleared", told)
    assert (home.directory() / "checkpoint").read_text().strip() in out
    assert "1 month" in out or "one month" in out


@pytest.mark.parametrize(
    ("law", "says"), [("gdpr", "Article 17"), ("ccpa", "1798.105"), ("plain", "one month")]
)
def test_each_law_has_its_words(bench: tuple[Home, PracticeCloud], law: str, says: str) -> None:
    """And no letter speaks of another law."""
    out = bench[0].run("statement", "home", "--for", law).out
    assert says in out
    assert ("GDPR" in out) == (law == "gdpr")
    assert ("California" in out) == (law == "ccpa")


def test_name_and_address_stand_in_the_letter_and_nowhere_else(
    bench: tuple[Home, PracticeCloud], tmp_path: Path
) -> None:
    """Markup in them is text; nothing of them is in any file of the state."""
    home, _ = bench
    file = tmp_path / "letter.html"
    sender = ("--name", "Ada <b>Canary</b>", "--address", "1 Canary Row\\nTown")
    done = home.run("statement", "home", "--html", *sender, "--out", str(file))
    assert done.code == 0, done.err
    page = file.read_text()
    assert "Ada &lt;b&gt;Canary&lt;/b&gt;" in page and "1 Canary Row\nTown" in page
    assert not re.search(r"<script|https?://|src=|@import|url\(", page)
    assert not any(b"Canary" in content for content in home.files().values())
    again = home.run("statement", "home", "--out", str(file))
    assert again.code == 64 and "is there already" in again.err


def test_nothing_private_stands_in_it(bench: tuple[Home, PracticeCloud]) -> None:
    """No key, serial, device name, customer id or word of the account, in either form."""
    home, cloud = bench
    account = cloud.world.account
    private = {account.customer_id, *(d.name for d in account.devices), *(d.serial for d in account.devices)}
    private |= {row.text for row in cloud.world.rows if row.text} | {
        row.key for row in cloud.world.rows if row.key
    }
    for form in ((), ("--html",)):
        out = home.run("statement", "home", *form).out
        assert not [one for one in private if len(one) > 4 and one in out]


def test_what_was_asked_wrongly(tmp_path: Path) -> None:
    """Without a ledger there is nothing to say; an unknown account and an unknown law are usage errors."""
    with practice_home(tmp_path / "home") as (home, _):
        assert home.run("statement", "nobody").code == 64
        assert home.run("statement", "home", "--for", "roman").code == 64
        (home.directory() / "ledger.jsonl").unlink()
        done = home.run("statement", "home")
        assert done.code == 64 and "no ledger yet" in done.err
