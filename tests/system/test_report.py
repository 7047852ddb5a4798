"""`voicepurge report` as a user meets it, and the page after each run."""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.simulator.server import PracticeCloud
from tests.support.children import NOBODY, children
from tests.support.html_tags import tags
from tests.support.practice_home import Home, practice_home


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A home signed in to an honest cloud with 40 recordings."""
    with practice_home(tmp_path) as both:
        yield both


def page_of(home: Home, account: str = "home") -> Path:
    return home.state / "reports" / f"{account}.html"


def test_each_run_renews_the_page(bench: tuple[Home, PracticeCloud]) -> None:
    """Readable for the group, whole, and with the numbers of the run; a dry run leaves it alone."""
    home, cloud = bench
    assert home.run("run", "--dry-run").code == 0 and not page_of(home).exists()
    assert home.run("run").code == 0
    text = page_of(home).read_text()
    assert stat.S_IMODE(page_of(home).stat().st_mode) == 0o640
    assert stat.S_IMODE(page_of(home).parent.stat().st_mode) == 0o750
    assert [path.name for path in page_of(home).parent.iterdir()] == ["home.html"]
    tags(text)
    requested = len(cloud.truth()["requested"])
    assert f'<data value="{requested}">{requested}</data>' in text
    assert "It is no evidence about Amazon" in text
    assert (home.directory() / "checkpoint").read_text().splitlines()[2] in text.replace("&#43;", "+")
    before = page_of(home).read_bytes()
    assert home.run("run").code == 0 and page_of(home).read_bytes() != before


def test_without_the_wish_there_is_no_page(bench: tuple[Home, PracticeCloud]) -> None:
    """`report: {html: false}` writes none after a run; asked for by name it is made all the same."""
    home, _cloud = bench
    home.top["report"] = {"html": False}
    home.write()
    assert home.run("run").code == 0 and not page_of(home).exists()
    done = home.run("report", "--json")
    assert done.code == 0 and page_of(home).exists()
    assert done.json["reports"] == [{"account": "home", "practice": True, "file": str(page_of(home))}]


def test_a_page_that_cannot_be_written_harms_no_run(bench: tuple[Home, PracticeCloud]) -> None:
    """The verdict and the exit code are the run's; what went wrong is said once."""
    home, _cloud = bench
    (home.state / "reports").write_text("in the way")
    done = home.run("run")
    assert done.code == 0 and "verified" in done.out
    assert "The report could not be written: " in done.err
    assert home.run("run", "--json").run["verdict"] == "nothing_due"
    assert home.run("report").code == 64


def test_out_names_a_file_and_never_takes_another_ones(
    bench: tuple[Home, PracticeCloud], tmp_path: Path
) -> None:
    """A page of ours is replaced, anything else is left as it is; `-` prints the page."""
    home, _cloud = bench
    home.run("run")
    mine, other = tmp_path / "mine.html", tmp_path / "other.html"
    other.write_text("<p>a diary")
    assert home.run("report", "--out", str(mine)).code == 0
    assert home.run("report", "home", "--out", str(mine)).code == 0
    refused = home.run("report", "--out", str(other))
    assert refused.code == 64 and other.read_text() == "<p>a diary"
    printed = home.run("report", "--out", "-")
    assert printed.code == 0 and printed.out.startswith("<!doctype html>")
    tags(printed.out)
    home.accounts["flat"] = {**home.accounts["home"]}
    home.write()
    assert home.run("report", "--out", str(mine)).code == 64
    assert home.run("report").code == 0 and page_of(home, "flat").exists()
    assert home.run("report", "nobody").code == 64


def test_opening_says_where_where_nothing_can_be_opened(bench: tuple[Home, PracticeCloud]) -> None:
    """Without a display, or as root, the address is printed."""
    home, _cloud = bench
    home.run("run")
    done = home.run("report", "--open")
    assert done.code == 0 and f"Open it in a browser: {page_of(home).as_uri()}" in done.err


def test_the_group_can_read_and_takes_its_own_copy() -> None:
    """No vault is needed; where the page's place is not ours, the way out is named."""
    with tempfile.TemporaryDirectory() as name, children() as fork, practice_home(Path(name)) as (home, _):
        home.place.chmod(0o755)
        assert home.run("run").code == 0
        (home.state / "vault" / "key").unlink()
        assert home.run("report").code == 0
        root = os.geteuid() == 0
        for path in (home.state, *home.state.rglob("*")) if root else ():
            os.chown(path, -1, -1 if path.is_relative_to(home.state / "vault") else NOBODY)
        (home.state / "reports").chmod(0o750 if root else 0o550)
        user = NOBODY if root else None
        done = fork.run(home.environment(), "report", user=user)
        copied = fork.run(home.environment(), "report", "--out", "-", user=user)
        (home.state / "reports").chmod(0o750)
    assert (done.code, copied.code) == (77, 0), done.err + copied.err
    assert "--out" in done.err and copied.out.startswith("<!doctype html>")


def test_a_damaged_ledger_makes_no_page(bench: tuple[Home, PracticeCloud]) -> None:
    """A line in the middle that is no entry: exit 5, and the last good page stays."""
    home, _cloud = bench
    home.run("run")
    before = page_of(home).read_bytes()
    file = home.directory() / "ledger.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    lines[5] = (
        lines[5].replace(b'"deletion_intended"', b'"deletion_intendes"').replace(b'"t":', b'"relisted":')
    )
    lines[5] = b'"relisted"\n'
    file.write_bytes(b"".join(lines))
    done = home.run("report", "--json")
    assert done.code == 5 and json.loads(done.out)["error"]["code"] == "ledger_damaged"
    assert page_of(home).read_bytes() == before
