"""`make install`, `service install` and their way back, on a booted machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.booted import CREDENTIAL, STATE, USER, Machine
from tests.support.installed import SOURCE, make, with_source

pytestmark = pytest.mark.heavy

UNIT = "/etc/systemd/system/voicepurge.service"
CONFIG = "/etc/voicepurge/voicepurge.yaml"
SHIPPED = f"{SOURCE}/systemd/voicepurge.service"
ONCE = """
[Service]
Type=oneshot
ExecStart=
ExecStart=/opt/voicepurge/bin/voicepurge secret list
WatchdogSec=0
Restart=no
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with the program in /opt/voicepurge, installed by a root with a strict umask."""
    place: Path = tmp_path_factory.mktemp("machine") / "root"
    place.mkdir()
    with with_source(place) as made:
        make(made, "install", umask="077")
        yield made


def everything(machine: Machine) -> str:
    """Every file installing may write, with rights, owner and time of change."""
    places = ("/etc/systemd/system", "/etc/sysusers.d", "/etc/voicepurge")
    return machine.ok("find", *places, "-printf", "%p %M %u %g %T@ %s\\n")


def said(machine: Machine, code: int, *command: str) -> str:
    """Standard error of a command that ends with `code`."""
    done = machine.run(*command)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stderr.decode()


def test_everybody_can_start_what_root_installed(machine: Machine) -> None:
    """Whatever root's umask was; nobody but root can change it."""
    assert machine.ok("setpriv", "--reuid", "nobody", "voicepurge", "--version").startswith("voicepurge ")
    assert (
        machine.ok("readlink", "-f", "/usr/local/bin/voicepurge").strip() == "/opt/voicepurge/bin/voicepurge"
    )
    assert machine.ok("find", "/opt/voicepurge", "!", "-type", "l", "-perm", "/022") == ""
    assert machine.ok("find", "/opt/voicepurge", "!", "-user", "root") == ""
    make(machine, "install")
    assert machine.ok("find", "/opt/voicepurge", "-name", "direct_url.json", "-path", "*editable*") == ""


def test_print_changes_nothing_and_shows_what_install_writes(machine: Machine) -> None:
    """For anybody; afterwards the files are exactly what was shown."""
    before = machine.ok("find", "/etc", "-newer", "/opt/voicepurge/pyvenv.cfg")
    shown = json.loads(
        machine.ok("setpriv", "--reuid", "nobody", "voicepurge", "service", "install", "--print", "--json")
    )
    text = machine.ok("voicepurge", "service", "install", "--print")
    assert machine.ok("find", "/etc", "-newer", "/opt/voicepurge/pyvenv.cfg") == before
    machine.ok("voicepurge", "service", "install")
    for file in shown["files"]:
        assert machine.ok("cat", file["path"]) == file["text"]
        assert f"# {file['path']}" in text and file["text"] in text


def test_installing_twice_is_installing_once(machine: Machine) -> None:
    """Nothing is written again, a configuration is never written over, a changed unit is put right."""
    machine.ok("voicepurge", "service", "install")
    before = everything(machine)
    machine.ok("sh", "-c", "umask 077; voicepurge service install")
    assert everything(machine) == before
    machine.write(CONFIG, b"mine\n", "640")
    machine.write(UNIT, b"[Service]\n")
    told = json.loads(machine.ok("voicepurge", "service", "install", "--json"))
    assert [file["state"] for file in told["files"]] == ["written", "unchanged", "kept"]
    assert machine.ok("cat", CONFIG) == "mine\n"
    machine.ok("rm", CONFIG)
    machine.ok("voicepurge", "service", "install")
    assert machine.ok("stat", "-c", "%U %G %a", CONFIG).split() == ["root", USER, "640"]
    assert "backend: systemd" in machine.ok("cat", CONFIG)
    machine.ok("voicepurge", "config", "check")


def test_the_unit_that_is_installed_passes_every_gate(machine: Machine) -> None:
    """It is the shipped one; `verify` prints nothing at all for either, the exposure is 1.1 or better."""
    machine.ok("voicepurge", "service", "install")
    assert machine.ok("cat", UNIT) == machine.ok("cat", SHIPPED)
    for file in (UNIT, SHIPPED):
        done = machine.run("systemd-analyze", "verify", "--man=no", file)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        machine.ok("systemd-analyze", "security", "--offline=true", "--threshold=11", file)


def test_a_key_that_is_not_there_stops_nobody_who_needs_none(machine: Machine) -> None:
    """One unit for all backends: it starts without a credential, with one, and not with a damaged one."""
    machine.ok("voicepurge", "service", "install")
    machine.write(f"{UNIT}.d/once.conf", ONCE.encode())
    machine.ok("systemctl", "daemon-reload")
    machine.ok("sed", "-i", "s/backend: systemd/backend: file/", CONFIG)
    assert start(machine) == "success 0"
    machine.ok("sed", "-i", "s/backend: file/backend: systemd/", CONFIG)
    machine.ok("voicepurge", "vault", "init")
    machine.ok("voicepurge", "secret", "set", "probe", give=b"x")
    assert start(machine) == "success 0"
    machine.ok("mv", CREDENTIAL, "/root/kept")
    assert start(machine) == "exit-code 3", "the program says it, and what to do"
    machine.write(CREDENTIAL, b"damaged\n", "600")
    assert start(machine) == "exit-code 243", "systemd says it"
    machine.ok("rm", "-r", CREDENTIAL, f"{UNIT}.d", STATE)


def start(machine: Machine) -> str:
    """How the service ended."""
    machine.run("systemctl", "start", "voicepurge")
    return machine.result("voicepurge")


@pytest.mark.parametrize("place", ["/home/anna/venv", "/root/venv", "/tmp/venv"])  # noqa: S108 - must be refused
def test_what_the_service_could_not_see_is_refused(machine: Machine, place: str) -> None:
    """Nothing is written, and the way out is said; the copy itself works."""
    machine.ok("mkdir", "-p", str(Path(place).parent))
    machine.ok("cp", "-a", "/opt/voicepurge", place)
    before = everything(machine)
    for more in ((), ("--print",)):
        command = (f"{place}/bin/python", "-m", "agent", "service", "install", *more)
        assert "sudo make install" in said(machine, 64, *command)
    assert everything(machine) == before
    machine.ok("rm", "-r", place)


def test_an_installation_closed_to_others_is_refused(machine: Machine) -> None:
    """The directory is named, before a service fails at night."""
    machine.ok("chmod", "700", "/opt/voicepurge/lib")
    assert "Other users may not read /opt/voicepurge/lib." in said(
        machine, 64, "voicepurge", "service", "install"
    )
    machine.ok("chmod", "755", "/opt/voicepurge/lib")


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_who_is_not_root_is_told_the_command(machine: Machine, verb: str) -> None:
    """Exit 77, with a line to copy."""
    told = said(machine, 77, "setpriv", "--reuid", "nobody", "voicepurge", "service", verb)
    assert f"sudo /opt/voicepurge/bin/voicepurge service {verb}" in told


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_without_systemd_it_is_said(machine: Machine, verb: str) -> None:
    """Another init, or a container: nothing is written."""
    before = everything(machine)
    hidden = "mount -t tmpfs tmpfs /run/systemd && exec voicepurge service " + verb
    told = said(machine, 64, "unshare", "--mount", "sh", "-c", hidden)
    assert "systemd does not run this machine" in told
    assert everything(machine) == before


def test_uninstalling_leaves_what_was_written_unless_asked(machine: Machine) -> None:
    """State, configuration and key stay and are named; with --purge-data they and the user go."""
    machine.ok("voicepurge", "service", "install")
    machine.ok("voicepurge", "vault", "init")
    machine.ok("voicepurge", "secret", "set", "probe", give=b"x")
    assert "first: sudo voicepurge service uninstall" in said(machine, 2, "make", "-C", SOURCE, "uninstall")
    told = json.loads(machine.ok("voicepurge", "service", "uninstall", "--json"))
    assert told["kept"] == [STATE, "/etc/voicepurge", CREDENTIAL]
    assert machine.run("systemctl", "cat", "voicepurge").returncode != 0
    assert "probe" in machine.ok("voicepurge", "secret", "list")
    assert json.loads(machine.ok("voicepurge", "service", "uninstall", "--json"))["removed"] == []
    machine.ok("voicepurge", "service", "install")
    machine.ok("voicepurge", "service", "uninstall", "--purge-data")
    for path in (STATE, "/etc/voicepurge", CREDENTIAL, UNIT):
        assert machine.run("test", "-e", path).returncode == 1, path
    assert machine.run("getent", "passwd", USER).returncode != 0


def test_the_program_goes_last(machine: Machine) -> None:
    """`make uninstall` leaves nothing, and touches no directory that is not its own."""
    machine.ok("mkdir", "-p", "/opt/other")
    assert "no installation" in said(machine, 2, "make", "-C", SOURCE, "uninstall", "PREFIX=/opt/other")
    assert "holds something else" in said(machine, 2, "make", "-C", SOURCE, "install", "PREFIX=/opt/other")
    make(machine, "uninstall")
    make(machine, "uninstall")
    assert machine.run("ls", "/opt/voicepurge", "/usr/local/bin/voicepurge").stdout == b""
    assert machine.run("test", "-d", "/opt/other").returncode == 0
