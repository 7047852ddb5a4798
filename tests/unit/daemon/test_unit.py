from dataclasses import fields, replace
from pathlib import PurePosixPath as P

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.daemon.unit import Place, executable, require_visible, unit_for
from agent.errors import UsageError
from agent.share import shared

SHIPPED = shared("systemd/voicepurge.service").read_text(encoding="utf-8")
USUAL = Place(
    P("/opt/voicepurge/bin/voicepurge"),
    P("/opt/voicepurge"),
    P("/usr/bin/python3"),
    P("/usr"),
    P("/opt/voicepurge/lib/python3.11/site-packages/agent"),
)
HIDDEN = ("/home/a", "/root", "/root/x", "/tmp/x", "/var/tmp/x", "/run/user/1/x")  # noqa: S108 - only named
names = st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,9}", fullmatch=True)
paths = st.lists(names, min_size=1, max_size=4).map(lambda parts: P("/", "srv", *parts))


def test_the_usual_place_gives_the_shipped_unit() -> None:
    """What `make install` makes needs no change: the unit that is tested is the one that runs."""
    assert unit_for(USUAL, SHIPPED) == SHIPPED


@given(prefix=paths)
def test_another_place_changes_two_lines(prefix: P) -> None:
    """Command and executable paths follow the installation; nothing of the sandbox does."""
    place = replace(
        USUAL, command=prefix / "bin" / "voicepurge", prefix=prefix, code=prefix / "lib" / "agent"
    )
    made = unit_for(place, SHIPPED)
    assert unit_for(place, made) == made
    pairs = zip(made.splitlines(), SHIPPED.splitlines(), strict=True)
    changed = [line for line, before in pairs if line != before]
    assert changed[0] == f"ExecStart={prefix}/bin/voicepurge daemon"
    assert len(changed) == 2 and changed[1].startswith(f"ExecPaths={prefix} /usr/bin/python3 ")


@pytest.mark.parametrize("top", HIDDEN)
@pytest.mark.parametrize("name", [field.name for field in fields(Place)])
def test_what_the_sandbox_hides_is_refused(top: str, name: str) -> None:
    """Whichever part lies there, the interpreter of an environment elsewhere too; the way out is said."""
    with pytest.raises(UsageError) as caught:
        require_visible(replace(USUAL, **{name: P(top)}))
    assert "sudo make install" in caught.value.next_step


@pytest.mark.parametrize("path", ["/homes/a", "/rooted", "/opt/tmp", "/srv/home/a"])
def test_what_only_looks_like_it_is_not(path: str) -> None:
    """A name that begins the same is another place."""
    require_visible(replace(USUAL, prefix=P(path)))


@pytest.mark.parametrize(
    "path", ["/opt/a b", "/opt/50%", "/opt/$HOME", '/opt/"', "/opt/a\nUser=root", "/opt/ü"]
)
def test_what_a_unit_cannot_name_is_refused(path: str) -> None:
    """No path can bring a line or a specifier of its own into the unit."""
    with pytest.raises(UsageError):
        require_visible(replace(USUAL, prefix=P(path)))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (USUAL, ["/opt/voicepurge", "/usr/bin/python3"]),
        (
            Place(
                P("/usr/local/bin/voicepurge"), P("/usr"), P("/usr/bin/python3"), P("/usr"), P("/usr/x/agent")
            ),
            ["/usr/local/bin/voicepurge", "/usr/bin/python3", "-/usr/local/lib"],
        ),
        (
            replace(USUAL, python=P("/usr/local/bin/python3"), base=P("/usr/local")),
            ["/opt/voicepurge", "/usr/local/bin/python3", "-/usr/local/lib"],
        ),
        (
            replace(USUAL, python=P("/opt/py/bin/python3.12"), base=P("/opt/py")),
            ["/opt/voicepurge", "/opt/py"],
        ),
    ],
    ids=["venv", "system", "usr-local", "own-python"],
)
def test_what_must_be_executable(place: Place, expected: list[str]) -> None:
    """The program, its interpreter and the libraries of both: never all of /usr."""
    found = executable(place)
    assert list(found[: len(expected)]) == expected
    assert {"/", "/usr", "/usr/local"}.isdisjoint(found)


def test_a_unit_without_its_lines_is_no_unit() -> None:
    """A file that came along damaged is not installed."""
    with pytest.raises(ValueError, match="ExecStart"):
        unit_for(USUAL, SHIPPED.replace("ExecStart=", "#"))
