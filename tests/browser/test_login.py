"""A whole sign-in as a person does it: a real terminal, a real browser, a pasted address."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect  # type: ignore[import-untyped] # it ships no types
import pytest
from playwright.sync_api import Page

from agent.simulator.login import EMAIL, ONE_TIME_CODE, PASSWORD
from agent.simulator.server import PracticeCloud, running
from tests.support.chromium import browsing
from tests.support.practice_home import ROOT, Home, practice_account

pytestmark = pytest.mark.heavy

PADDING = "&padding=" + "x" * 5000
"""Makes an address longer than a terminal's usual mode takes in one line (4095 bytes)."""


@contextmanager
def terminal(home: Home, *arguments: str) -> Iterator[pexpect.spawn]:
    """A command in a terminal of its own."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "agent", *arguments],
        env={**home.environment(), "TERM": "xterm"},
        cwd=str(ROOT),
        timeout=60,
        encoding="utf-8",
        dimensions=(40, 100),
    )
    try:
        yield child
    finally:
        child.close(force=True)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[tuple[Home, PracticeCloud]]:
    """A configuration nobody has signed in with, and a cloud."""
    with running(recordings=40) as cloud:
        home = Home(tmp_path, {"home": practice_account(cloud.url, cloud.ca, {})})
        home.write()
        yield home, cloud


def sign_in(page: Page, address: str, code: str = ONE_TIME_CODE) -> str:
    """Fills in what each page asks for; what the address bar shows at the end."""
    page.goto(address)
    for field, text in (("#ap_email", EMAIL), ("#ap_password", PASSWORD), ("#auth-mfa-otpcode", code)):
        page.fill(field, text)
        page.click("#signInSubmit")
    return page.url


def printed_address(child: pexpect.spawn) -> str:
    child.expect(r"https://www\.amazon\.de/ap/register\?\S+")
    address = child.match.group(0)
    child.expect("LOOKS LIKE AN ERROR")
    child.expect("it is not shown")
    assert isinstance(address, str)
    return address


def test_sign_in_with_browser_and_terminal_then_purge(bench: tuple[Home, PracticeCloud]) -> None:
    """Open, sign in with a one-time code, copy, paste over 5000 characters: signed in; a run verifies."""
    home, cloud = bench
    with terminal(home, "login", "home") as child, browsing(cloud) as page:
        landed = sign_in(page, printed_address(child))
        assert "wurde nicht gefunden" in page.content()
        assert re.search(r"/ap/maplanding\?.*openid\.oa2\.authorization_code=", landed)
        child.sendline(landed + PADDING)
        child.expect(r"signed in to amazon\.de")
        shown = child.before
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
        assert "authorization_code" not in shown and "xxxx" not in shown
    assert len(cloud.truth()["devices"]) == 2
    checked = home.spawn("auth", "check", "home")
    assert checked.code == 0, checked.err
    done = home.spawn("run", "--json")
    assert (done.run["verdict"], done.run["due"] > 0) == ("verified", True)
    assert home.spawn("ledger", "verify").code == 0


def test_a_wrong_paste_is_explained_and_the_right_one_still_works(bench: tuple[Home, PracticeCloud]) -> None:
    """The address of a page in the middle is called so; the terminal asks again."""
    home, cloud = bench
    with terminal(home, "login", "home") as child, browsing(cloud) as page:
        address = printed_address(child)
        stuck = sign_in(page, address, "000000")
        assert "not valid" in page.content()
        child.sendline(stuck)
        child.expect("still a sign-in page")
        child.expect("it is not shown")
        page.fill("#auth-mfa-otpcode", ONE_TIME_CODE)
        page.click("#signInSubmit")
        child.sendline(page.url)
        child.expect(r"signed in to amazon\.de")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0


def test_giving_up_leaves_the_terminal_as_it_was(bench: tuple[Home, PracticeCloud]) -> None:
    """Ctrl-C while the address is awaited: exit 130, nothing stored, the terminal echoes again."""
    home, cloud = bench
    with terminal(home, "login", "home") as child:
        printed_address(child)
        assert not child.getecho()
        child.sendintr()
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 130
    assert len(cloud.truth()["devices"]) == 1
    assert home.spawn("auth", "check").code == 3


def test_init_asks_a_person_on_a_terminal(tmp_path: Path) -> None:
    """Questions with proposals, a wrong answer explained and asked again, a valid commented file, a key."""
    home = Home(tmp_path)
    with terminal(home, "init") as child:
        for question, answers in (
            ("time zone", ["Europe/Nowhere", "Europe/Berlin"]),
            ("Amazon account lives", ["amazon.de"]),
            ("Keep recordings", [""]),
            ("secrets are kept", ["file"]),
            ("short name", [""]),
        ):
            for answer in answers:
                child.expect(question)
                child.expect(": ")
                child.sendline(answer)
        child.expect("verifies your ledger")
        child.expect(r"voicepurge/[0-9a-f]+\+[0-9a-f]{8}\+\S+")
        key = child.match.group(0)
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
    assert home.spawn("config", "check").code == 0
    assert home.spawn("ledger", "key", "home").out.strip() == key
    assert "# " in home.config.read_text()
