"""Signing in and out, renewal, renaming: the command line against the practice cloud's pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.simulator.server import PracticeCloud, running
from tests.support.practice_home import Done, Home, documents, practice_account
from tests.support.visitor import Person, log_in

Bench = tuple[Home, PracticeCloud]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A configuration nobody has signed in with, and an honest cloud."""
    with running(recordings=24) as cloud:
        home = Home(tmp_path, {"home": practice_account(cloud.url, cloud.ca, {})})
        home.write()
        yield home, cloud


def signed_in(bench: Bench, *options: str) -> Done:
    home, cloud = bench
    done = log_in(home, "home", *options, paste=Person(cloud).visit)
    assert done.code == 0, done.err
    return done


def token_requests(cloud: PracticeCloud) -> int:
    counted: dict[str, int] = cloud.truth()["requests"]
    asked = ("/auth/token", "/ap/exchangetoken/cookies")
    return sum(number for label, number in counted.items() if label.endswith(asked))


def ours(cloud: PracticeCloud) -> list[str]:
    return [serial for serial in cloud.truth()["devices"] if serial != "PRACTICE"]


def stored(home: Home) -> bool:
    done = home.run("auth", "check", "--json")
    return bool(done.json["accounts"][0]["secrets"]["sign-in"])


def events(home: Home, account: str = "home") -> list[tuple[str, str]]:
    lines = home.ledger(account).decode().splitlines()
    return [(entry["event"], entry.get("reason", "")) for entry in map(json.loads, lines)]


def test_a_whole_sign_in_and_then_a_purge_from_the_vault_alone(bench: Bench) -> None:
    """Warned of the page that looks like an error, signed in, one device more; then a run just works."""
    home, cloud = bench
    done = signed_in(bench)
    assert "LOOKS LIKE AN ERROR" in done.err
    assert done.err.index("LOOKS LIKE AN ERROR") < done.err.index("Paste the address")
    assert "[practice] home: signed in to amazon.de; the last seven days show" in done.out
    assert len(ours(cloud)) == 1
    run = home.run("run", "--json").run
    assert (run["verdict"], run["due"] > 0) == ("verified", True)
    assert home.run("ledger", "verify").code == 0


def test_nothing_secret_is_said(bench: Bench) -> None:
    """Code, tokens, serials and ids stand in no output; the address shows only a hash and our own device."""
    home, cloud = bench
    pasted = []

    def paste(address: str) -> str:
        pasted.append(Person(cloud).visit(address))
        return pasted[0]

    done = log_in(home, "home", paste=paste)
    who = cloud.world.account
    token = next(each for each, serial in cloud.world.enrolments.tokens.items() if serial != "PRACTICE")
    code = pasted[0].partition("authorization_code=")[2].partition("&")[0]
    said = done.out + done.err + home.run("log", "--json").out + home.run("auth", "check").out
    for private in (token, code, who.customer_id, who.directed_id, ours(cloud)[0]):
        assert private and private not in said


def test_json_keeps_stdout_for_the_document(bench: Bench) -> None:
    """With --json the address goes to stderr and one document to stdout."""
    home, _cloud = bench
    document = signed_in(bench, "--json").json
    assert (document["stored"], document["marketplace"], document["incomplete"]) == (True, "amazon.de", {})
    assert "refresh" not in json.dumps(document)
    assert stored(home)


WRONG: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "expired code": ({"code_life_ms": 1}, "about five minutes", 3, "login"),
    "invalid token": (
        {"faults": [{"kind": "invalid_token", "on": "register"}]},
        "InvalidToken",
        3,
        "login",
    ),
    "throttled": ({"faults": [{"kind": "throttle_429", "on": "register"}]}, "slow down", 75, ""),
    "connection lost": ({"faults": [{"kind": "reset_after", "on": "register"}]}, "lost while", 75, "mycd"),
    "a page": ({"faults": [{"kind": "html", "on": "register"}]}, "page", 4, ""),
    "no cookies": ({"faults": [{"kind": "no_cookies", "on": "cookies"}]}, "marketplace", 3, "marketplace"),
    "privacy pages want another proof": (
        {"faults": [{"kind": "step_up", "on": "listing"}]},
        "does not show the history",
        3,
        "privacy page",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_has_its_message_and_leaves_nothing(bench: Bench, name: str) -> None:
    """Each trouble has its words, exit code and next step; nothing is stored, the old way in stays shut."""
    home, cloud = bench
    dials, words, code, advice = WRONG[name]

    def paste(address: str) -> str:
        landed = Person(cloud).visit(address)
        cloud.turn(**dials)
        cloud.advance(1000)
        return landed

    done = log_in(home, "home", paste=paste)
    message, _, next_step = done.err.rpartition("voicepurge: ")[2].partition("Next: ")
    assert (done.code, done.out.count("\n")) == (code, 1), done.err
    assert words in message and advice in next_step
    cloud.turn(faults=[])
    assert not stored(home)
    assert ("signed_in", "") not in events(home)
    if name != "connection lost":
        assert ours(cloud) == []


def test_a_registration_that_did_not_prove_itself_is_taken_back(bench: Bench) -> None:
    """The device is gone again at the other side; where that cannot be seen, the place to look is named."""
    home, cloud = bench
    cloud.turn(faults=[{"kind": "step_up", "on": "listing"}])
    done = log_in(home, "home", paste=Person(cloud).visit)
    assert "taken back" in done.err and ours(cloud) == []
    cloud.turn(deregistration="ignored")
    done = log_in(home, "home", paste=Person(cloud).visit)
    assert "www.amazon.de/hz/mycd" in done.err and len(ours(cloud)) == 1
    assert not stored(home)


def test_an_account_that_lives_elsewhere_gets_a_proposal(bench: Bench) -> None:
    """The configuration names another marketplace: what to write is said, nothing is stored."""
    home, cloud = bench
    home.change(marketplace="amazon.fr")
    done = log_in(home, "home", paste=Person(cloud).visit)
    assert done.code == 3
    assert "Set `marketplace: amazon.de`" in done.err
    assert not stored(home) and ours(cloud) == []
    home.change(marketplace="amazon.de")
    signed_in(bench)


def test_a_page_of_another_marketplace_is_recognised(bench: Bench) -> None:
    """Signed in at amazon.com by habit: both names are said, exit 64, nothing was registered."""
    home, cloud = bench
    person = Person(cloud)
    done = log_in(
        home, "home", paste=lambda address: person.visit(address.replace("amazon.de", "amazon.com"))
    )
    assert done.code == 64
    assert "amazon.com" in done.err and "marketplace" in done.err
    assert "POST api.amazon.de /auth/register" not in cloud.truth()["requests"]


def test_a_second_paste_of_the_same_address_is_refused(bench: Bench) -> None:
    """The address of an earlier sign-in holds a spent code."""
    home, cloud = bench
    landed: list[str] = []

    def paste(address: str) -> str:
        landed.append(Person(cloud).visit(address))
        return landed[0]

    assert log_in(home, "home", paste=paste).code == 0
    done = log_in(home, "home", "--reauth", paste=paste)
    assert done.code == 3 and "works once" in done.err
    assert home.run("run").code == 0


def test_japan_is_signed_in_to_in_japanese(tmp_path: Path) -> None:
    """The address carries the language the marketplace asks for, so no captcha is met."""
    with running(recordings=5, marketplace="amazon.co.jp") as cloud:
        account = practice_account(cloud.url, cloud.ca, {"marketplace": "amazon.co.jp"})
        home = Home(tmp_path, {"home": account})
        home.write()
        person = Person(cloud)
        assert log_in(home, "home", paste=person.visit).code == 0
        assert "challenge" not in "".join(person.pages)


def test_signing_in_twice_needs_a_yes_and_replaces_the_device(bench: Bench) -> None:
    """Without --reauth it is refused; with it, the new device works and the old one is let go."""
    home, cloud = bench
    signed_in(bench)
    [before] = ours(cloud)
    refused = home.run("login", "home")
    assert (refused.code, "--reauth" in refused.err) == (64, True)
    signed_in(bench, "--reauth")
    [after] = ours(cloud)
    assert before != after
    assert home.run("run").code == 0


def test_another_persons_account_is_not_taken(bench: Bench) -> None:
    """--reauth with another customer: refused with the way out; the stored sign-in still works."""
    home, cloud = bench
    signed_in(bench)
    cloud.turn(faults=[{"kind": "wrong_account", "on": "identity"}])
    done = log_in(home, "home", "--reauth", paste=Person(cloud).visit)
    assert done.code == 3 and "voicepurge logout home" in done.err
    cloud.turn(faults=[])
    assert home.run("run").code == 0


def test_a_first_look_that_ends_early_is_said_but_is_a_sign_in(bench: Bench) -> None:
    """What is wrong with the listing, not with the sign-in, does not throw a good sign-in away."""
    home, cloud = bench
    cloud.turn(faults=[{"kind": "token_loop", "on": "voice"}])
    done = log_in(home, "home", paste=Person(cloud).visit)
    assert done.code == 0
    assert "first look at voice did not reach its end" in done.err
    assert stored(home)


@pytest.mark.parametrize("verb", [("run",), ("list",), ("run", "--dry-run"), ("auth", "check")])
def test_after_a_refusal_for_good_nobody_asks_again(bench: Bench, verb: tuple[str, ...]) -> None:
    """The first refusal blocks; from then on no verb shows the token to Amazon, until somebody signs in."""
    home, cloud = bench
    signed_in(bench)
    cloud.turn(faults=[{"kind": "revoked", "on": "token", "times": 1}])
    before = token_requests(cloud)
    assert home.run(*verb).code == 3
    assert token_requests(cloud) == before + 1
    for again in (*([verb] * 3), ("run", "--json"), ("list",), ("auth", "check"), ("run", "--dry-run")):
        done = home.run(*again)
        assert done.code == 3
    assert token_requests(cloud) == before + 1
    assert "signed out: Amazon no longer accepts the sign-in" in home.run("log").out
    blocked = home.run("run", "--json").run
    assert (blocked["verdict"], blocked["reason"]) == ("blocked", "signed_out")
    assert events(home).count(("signed_out", "refused")) == 1
    assert home.run("ledger", "verify").code == 0
    signed_in(bench)
    assert home.run("run").code == 0


def test_a_refusal_in_mid_run_is_remembered_too(bench: Bench) -> None:
    """Signed out between listing and looking again: the same rule."""
    home, cloud = bench
    signed_in(bench)
    cloud.turn(faults=[{"kind": "revoked", "on": "listing", "after_delete": True, "times": 1}])
    assert home.run("run").code in (2, 3)
    home.run("run")
    asked = token_requests(cloud)
    assert home.run("run").code == 3
    assert token_requests(cloud) == asked


SLOW = pytest.mark.heavy  # these are asked again with real pauses


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("status", marks=SLOW),
        "html",
        pytest.param("throttle_200", marks=SLOW),
        "reset",
        "truncate",
    ],
)
def test_anything_else_is_tried_again_next_time(bench: Bench, kind: str) -> None:
    """A broken answer at renewal asks nobody to sign in: the next run asks again and works."""
    home, cloud = bench
    signed_in(bench)
    cloud.turn(faults=[{"kind": kind, "on": "token"}])
    assert home.run("auth", "check").code != 3
    cloud.turn(faults=[])
    assert home.run("run").code == 0


def test_a_rotated_token_is_stored_before_it_is_used(bench: Bench) -> None:
    """With a new refresh token at each renewal, and the old one dead, run after run still works."""
    home, cloud = bench
    cloud.turn(rotate_refresh_token=True)
    signed_in(bench)
    for _ in range(3):
        assert home.run("run").code == 0
    cloud.turn(faults=[{"kind": "reset", "on": "cookies"}])
    home.run("run")
    cloud.turn(faults=[])
    assert home.run("run").code == 0


def test_logout_forgets_here_and_there(bench: Bench) -> None:
    """The device is gone, the secret is gone, the ledger says so; a second logout has nothing to do."""
    home, cloud = bench
    signed_in(bench)
    done = home.run("logout", "home", "--json")
    assert (done.code, done.json["there"], done.json["link"]) == (0, "gone", None)
    assert ours(cloud) == [] and not stored(home)
    assert ("signed_out", "logout") in events(home)
    assert home.run("logout", "home").code == 64
    assert home.run("run").code == 3


@pytest.mark.parametrize(
    "dials",
    [
        {"deregistration": "access_header"},
        {"deregistration": "ignored"},
        {"faults": [{"kind": "reset", "on": "any"}]},
        {"faults": [{"kind": "status", "on": "deregister"}]},
    ],
)
def test_logout_that_cannot_be_seen_names_the_place(bench: Bench, dials: dict[str, Any]) -> None:
    """Forgotten here in any case; what cannot be seen over there is left to a person, with the address."""
    home, cloud = bench
    signed_in(bench)
    cloud.turn(**dials)
    done = home.run("logout", "home")
    assert done.code == 0
    assert "https://www.amazon.de/hz/mycd/digital-console/devicedetails" in done.out
    cloud.turn(faults=[])
    assert not stored(home)


def test_a_credential_from_elsewhere_is_not_ours_to_end(bench: Bench) -> None:
    """What was read from standard input is forgotten, not deregistered."""
    home, cloud = bench
    home.join(cloud)
    assert home.run("logout", "home").code == 0
    assert "PRACTICE" in cloud.truth()["devices"]
    assert "POST api.amazon.de /auth/deregister" not in cloud.truth()["requests"]


def test_auth_check_tells_what_a_run_would_meet(bench: Bench) -> None:
    """Backend, secrets, age, renewal, whose account; a missing named secret counts; 0 only if all is well."""
    home, cloud = bench
    assert home.run("auth", "check").code == 3
    signed_in(bench)
    good = home.run("auth", "check", "--json")
    [account] = good.json["accounts"]
    assert good.code == 0
    assert account["backend"] == "file" and account["secrets"] == {"keys": True, "sign-in": True}
    assert (account["renewed"], account["right_account"], account["error"]) == (True, True, None)
    assert (account["age_days"], account["refused_at"]) == (0, None)
    cloud.turn(faults=[{"kind": "wrong_account", "on": "identity"}])
    [account] = home.run("auth", "check", "--json").json["accounts"]
    assert (account["renewed"], account["right_account"]) == (True, False)
    cloud.turn(faults=[])
    home.top["notify"] = {"urls": ["{credential:ntfy-url}"]}
    home.write()
    lacking = home.run("auth", "check", "--json")
    assert (lacking.code, lacking.json["credentials"]) == (3, {"ntfy-url": False})


def test_a_retired_account_is_shown_and_can_be_left(bench: Bench) -> None:
    """Out of the YAML: `log` and `auth check` still show it, and `logout` forgets its sign-in."""
    home, _cloud = bench
    signed_in(bench)
    home.accounts["flat"] = home.accounts.pop("home")
    home.write()
    shown = home.run("auth", "check")
    assert "home  retired" in shown.out and "voicepurge logout home" in shown.err
    assert home.run("auth", "check", "--json").json["retired"] == [{"account": "home", "practice": True}]
    assert "[retired] home" in home.run("log").out
    [first, *_] = documents(home.run("log", "home", "--json").out)
    assert first["retired"] is True
    done = home.run("logout", "home")
    assert done.code == 0 and "hz/mycd" in done.out
    assert home.run("logout", "home").code == 64
    assert home.run("logout", "nobody").code == 64


def test_an_account_keeps_its_past_under_a_new_name(bench: Bench) -> None:
    """Ledger and secrets come along: it runs and verifies, and the old name knows nothing any more."""
    home, cloud = bench
    signed_in(bench)
    assert home.run("run").code == 0
    before, key = home.ledger(), home.run("ledger", "key", "home").out
    done = home.run("account", "rename", "home", "flat")
    assert (done.code, "change the name `home`" in done.err) == (0, True)
    home.accounts["flat"] = home.accounts.pop("home")
    home.write()
    assert home.ledger("flat") == before and home.ledger("home") == b""
    assert home.run("run").code == 0
    assert home.run("ledger", "key", "flat").out == key
    assert home.run("ledger", "verify").code == 0
    assert home.run("account", "rename", "home", "old").code == 64
    assert len(ours(cloud)) == 1


def test_renaming_never_takes_anothers_place(bench: Bench) -> None:
    """A name that is taken, none or the same: exit 64 and nothing moved."""
    home, cloud = bench
    signed_in(bench)
    home.join(cloud, "flat")
    before = (home.ledger(), home.ledger("flat"))
    for new in ("flat", "Flat", "../x", "home", ""):
        assert home.run("account", "rename", "home", new).code == 64
    assert (home.ledger(), home.ledger("flat")) == before
    assert home.run("run", "home", "flat").code == 0
