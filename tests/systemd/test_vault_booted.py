"""The vault with a key from systemd, between root's command line and the service's user."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.vault.export import unpack
from tests.support.booted import CREDENTIAL, STATE, USER, Machine, booted

pytestmark = pytest.mark.heavy

PASSPHRASE = "correct horse battery"
CONFIG = """
version: 1
timezone: Europe/Berlin
accounts:
  home: {marketplace: amazon.de, keep_for: 24h, schedule: {every: 6h}}
credentials: {backend: systemd}
notify: {urls: ["{credential:probe}"]}
"""
REWRITE = """
import os
from agent.wiring import install
vault = install(None).vault
seen = vault.get("credential:probe")
vault.set("credential:probe", f"{seen} and seen by {os.geteuid()}")
"""
UNIT = f"""
[Service]
Type=oneshot
User={USER}
StateDirectory=voicepurge
StateDirectoryMode=0750
UMask=0077
Environment=HOME={STATE}
ExecStart=/usr/local/bin/with-voicepurge /opt/rewrite.py
"""
LOAD = "LoadCredentialEncrypted=voicepurge-key\n"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with a configuration, a key and one secret, all made by root's command line."""
    place: Path = tmp_path_factory.mktemp("machine") / "root"
    place.mkdir()
    with booted(place) as made:
        made.write("/etc/voicepurge/voicepurge.yaml", CONFIG.encode())
        made.write("/opt/rewrite.py", REWRITE.encode())
        made.ok("voicepurge", "vault", "init")
        made.ok("voicepurge", "secret", "set", "probe", give=b"stored by root")
        yield made


def secret(machine: Machine) -> str:
    """What root's command line reads: the vault's export, opened."""
    machine.ok("rm", "-f", "/root/out")
    machine.ok("voicepurge", "vault", "export", "/root/out", give=f"{PASSPHRASE}\n".encode())
    content = machine.ok("base64", "-w0", "/root/out")
    return unpack(base64.b64decode(content), PASSPHRASE)["credential:probe"]


def owners(machine: Machine) -> set[str]:
    return set(machine.ok("find", STATE, "-printf", "%u\\n").split())


def refused(machine: Machine) -> str:
    """Root's command line must end with 3 and say why."""
    done = machine.run("voicepurge", "secret", "list")
    assert done.returncode == 3, (done.stdout, done.stderr)
    return done.stderr.decode()


def test_root_and_the_service_share_one_vault(machine: Machine) -> None:
    """Stored by root, read and rewritten by the service, read by root again; root owns nothing there."""
    assert owners(machine) == {USER}
    assert machine.ok("stat", "-c", "%U %a", CREDENTIAL, STATE).split() == ["root", "600", USER, "750"]
    machine.ok("voicepurge", "secret", "set", "probe", give=b"stored by root")
    assert machine.service("probe", UNIT + LOAD), machine.ok("journalctl", "-b", "--no-pager", "-n", "30")
    number = machine.ok("id", "-u", USER).strip()
    assert secret(machine) == f"stored by root and seen by {number}"
    assert owners(machine) == {USER}
    assert machine.ok("stat", "-c", "%U %a", "/root/out").split() == ["root", "600"]


def test_no_verb_of_root_leaves_anything_of_root(machine: Machine) -> None:
    """Whatever root starts writes as the state's owner, and gives its rights up before it writes."""
    assert machine.run("voicepurge", "run").returncode == 3, "nobody has signed in"
    for verb in ("ledger key", "ledger verify", "log", "vault init", "secret list", "config check"):
        machine.ok("voicepurge", *verb.split())
        assert owners(machine) == {USER}, verb
    assert f"{STATE}/accounts/home/ledger.jsonl" in machine.ok("find", STATE).split()


def test_a_key_file_of_root_s_alone(machine: Machine) -> None:
    """With `backend: file` root reads a key its state's owner may not, before it becomes that owner."""
    text = CONFIG.replace("{backend: systemd}", "{backend: file, key_file: /etc/voicepurge/key}")
    machine.write("/etc/voicepurge/other.yaml", text.encode())
    machine.write("/etc/voicepurge/key", bytes(range(32)), "600")
    machine.ok("install", "-d", "-m", "750", "-o", USER, "-g", USER, "/srv/voicepurge")
    there = ("env", "STATE_DIRECTORY=/srv/voicepurge", "VOICEPURGE_CONFIG=/etc/voicepurge/other.yaml")
    machine.ok(*there, "voicepurge", "secret", "set", "probe", give=b"x")
    assert "probe" in machine.ok(*there, "voicepurge", "secret", "list")
    assert set(machine.ok("find", "/srv/voicepurge", "-printf", "%u\\n").split()) == {USER}
    as_owner = machine.run(
        *there, "setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "voicepurge", "secret", "list"
    )
    assert as_owner.returncode == 77


def test_a_new_key_serves_both(machine: Machine) -> None:
    """After `vault rotate` by root the next start of the service and root read with the new key."""
    machine.ok("voicepurge", "secret", "set", "probe", give=b"before")
    old = machine.ok("cat", CREDENTIAL)
    assert json.loads(machine.ok("voicepurge", "vault", "rotate", "--json"))["sealed"] >= 1
    assert machine.ok("cat", CREDENTIAL) != old
    assert machine.service("probe", UNIT + LOAD)
    assert secret(machine).startswith("before and seen by")
    assert owners(machine) == {USER}
    machine.write(CREDENTIAL + ".kept", machine.ok("cat", CREDENTIAL).encode(), "600")
    machine.write(CREDENTIAL, old.encode(), "600")
    assert "sealed with another key" in refused(machine)
    machine.ok("mv", CREDENTIAL + ".kept", CREDENTIAL)


def test_a_missing_credential(machine: Machine) -> None:
    """Says that it is missing and how it is made; a vault with secrets gets no new key by mistake."""
    machine.ok("mv", CREDENTIAL, "/root/kept")
    assert "is missing" in refused(machine)
    done = machine.run("voicepurge", "vault", "init")
    assert done.returncode == 3 and b"a new key could not open" in done.stderr
    assert not machine.service("probe", UNIT + f"LoadCredentialEncrypted=voicepurge-key:{CREDENTIAL}\n")
    assert machine.result("probe") == "exit-code 243"
    machine.ok("mv", "/root/kept", CREDENTIAL)


def test_a_unit_without_the_credential(machine: Machine) -> None:
    """The service says what its unit lacks, though the credential exists."""
    unit = UNIT.replace("with-voicepurge /opt/rewrite.py", "voicepurge secret list")
    assert not machine.service("bare", unit)
    assert machine.result("bare") == "exit-code 77"
    assert not machine.service("other", unit + "SetCredential=other:value\n")
    assert machine.result("other") == "exit-code 3"
    said = machine.ok("journalctl", "-b", "--no-pager", "-u", "other")
    assert "LoadCredentialEncrypted=voicepurge-key" in said


def test_a_wrong_name(machine: Machine) -> None:
    """A good key sealed under another name is told from damage, and systemd refuses it too."""
    machine.ok("mv", CREDENTIAL, "/root/kept")
    machine.ok("systemd-creds", "encrypt", "--name=other", "-", CREDENTIAL, give=bytes(32))
    assert "sealed under another name" in refused(machine)
    assert not machine.service("probe", UNIT + LOAD)
    assert machine.result("probe") == "exit-code 243"
    machine.ok("mv", "/root/kept", CREDENTIAL)


def test_a_flipped_byte(machine: Machine) -> None:
    """One changed bit of the credential, and of a sealed secret: each says that it is damaged, and which."""
    machine.ok("cp", "-p", CREDENTIAL, "/root/kept")
    sealed = bytearray(base64.b64decode(machine.ok("cat", CREDENTIAL)))
    sealed[len(sealed) // 2] ^= 1
    machine.write(CREDENTIAL, base64.b64encode(sealed), "600")
    assert f"The credential {CREDENTIAL} is damaged" in refused(machine)
    machine.ok("mv", "/root/kept", CREDENTIAL)
    name = machine.ok("find", f"{STATE}/vault", "-type", "f").split()[0]
    flip = "import sys; p=sys.argv[1]; b=bytearray(open(p,'rb').read()); b[-1]^=1; open(p,'wb').write(b)"
    machine.ok("with-voicepurge", "-c", flip, name)
    assert "A secret in the vault is damaged" in refused(machine)
    machine.ok("with-voicepurge", "-c", flip, name)
    assert machine.run("voicepurge", "secret", "list").returncode == 0
