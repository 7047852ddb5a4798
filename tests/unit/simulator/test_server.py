"""Starting and stopping a practice cloud."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from agent.errors import UsageError
from agent.simulator.server import running
from tests.support.practice_client import VOICE, Browser

SERVE = """
import json, sys
from pathlib import Path
from agent.simulator.server import serve_forever
scenario = Path(sys.argv[1]) if len(sys.argv) > 1 else None
serve_forever(0, 7, 20, "range", scenario, lambda facts: print(json.dumps(facts), flush=True))
"""


def open_files() -> set[str]:
    listed = Path("/proc/self/fd")
    return {each.name for each in listed.iterdir()} if listed.exists() else set()


def test_a_stopped_practice_cloud_leaves_nothing_behind() -> None:
    """No thread, no open port, no file of the CA, even with a request still hanging."""
    threads = set(threading.enumerate())
    files = open_files()
    dials = {"faults": [{"kind": "hang", "on": "status"}]}
    with running(recordings=5, dials=dials) as cloud, Browser(cloud).sign_in() as browser:
        browser.http.timeout = httpx.Timeout(0.2)
        with pytest.raises(httpx.ReadTimeout):
            browser.ask("GET", "alexa", "/api/customer-status")
    assert set(threading.enumerate()) == threads
    assert not cloud.ca.parent.exists()
    assert open_files() <= files
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", cloud.port), timeout=1)


def test_it_stops_soon_while_a_client_still_waits() -> None:
    """A hanging answer does not hold up the stop."""
    dials = {"faults": [{"kind": "hang", "on": "voice"}]}
    errors: list[BaseException] = []

    def wait(browser: Browser) -> None:
        try:
            browser.page(VOICE)
        except httpx.TransportError as error:
            errors.append(error)

    with running(recordings=5, dials=dials) as cloud:
        browser = Browser(cloud).sign_in()
        waiting = threading.Thread(target=wait, args=(browser,))
        waiting.start()
        time.sleep(0.3)
        begun = time.monotonic()
    waiting.join(5)
    browser.http.close()
    assert time.monotonic() - begun < 5
    assert len(errors) == 1


def test_only_its_own_ca_is_right_and_plain_http_is_no_use() -> None:
    """A client without the CA does not connect, nor does one that knows it but asks for another name."""
    with running(recordings=0) as cloud:
        with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as stranger:
            stranger.get(cloud.url)
        context = ssl.create_default_context(cafile=str(cloud.ca))
        with (
            socket.create_connection(("127.0.0.1", cloud.port), timeout=5) as line,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(line, server_hostname="www.not-amazon.example")
        with httpx.Client(trust_env=False) as plain, pytest.raises(httpx.TransportError):
            plain.get(cloud.url.replace("https", "http"))


def test_the_ca_stands_in_a_directory_nobody_else_may_enter() -> None:
    """Mode 0700 for its directory."""
    with running(recordings=0) as cloud:
        assert cloud.ca.parent.stat().st_mode & 0o777 == 0o700


def test_same_seed_and_start_same_world() -> None:
    """A practice cloud can be had again exactly."""
    with (
        running(seed=3, start_ms=1_800_000_000_000) as one,
        running(seed=3, start_ms=1_800_000_000_000) as two,
    ):
        assert one.credential == two.credential
        assert one.truth()["surfaces"] == two.truth()["surfaces"]
    with running(seed=4, start_ms=1_800_000_000_000) as other:
        assert other.credential != one.credential


def test_wrong_arguments_are_usage_errors() -> None:
    """Unknown shape, marketplace and dial, a port in use and an impossible port."""
    with running(recordings=0) as cloud:
        for wrong in (
            {"shape": "x"},
            {"marketplace": "x"},
            {"dials": {"x": 1}},
            {"port": cloud.port},
            {"port": 70_000},
        ):
            with pytest.raises(UsageError), running(**wrong):
                pass


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_served_for_ever_until_a_signal(tmp_path: Path, how: signal.Signals) -> None:
    """One line of facts when it is up, an orderly end with code 0 on either signal, the CA gone."""
    scenario = tmp_path / "scenario.json"
    scenario.write_text('{"effect": "nothing"}')
    command = [sys.executable, "-c", SERVE, str(scenario)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert set(facts) == {"url", "ca", "credential", "seed", "shape", "marketplace", "recordings"}
        assert facts["shape"] == "range"
        context = ssl.create_default_context(cafile=facts["ca"])
        with httpx.Client(verify=context, trust_env=False) as client:
            truth = client.get(facts["url"] + "/_practice/truth").json()
        assert truth["dials"]["effect"] == "nothing"
        process.send_signal(how)
        _, messages = process.communicate(timeout=20)
    assert (process.returncode, messages) == (0, "")
    assert not Path(facts["ca"]).exists()


def test_without_the_extra_it_says_what_to_install() -> None:
    """No traceback of an import: a usage error with the way out."""
    code = (
        "import sys; sys.modules['starlette'] = None\n"
        "from agent.errors import UsageError\n"
        "try:\n import agent.simulator.server\n"
        "except UsageError as error: print(error.next_step)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "install voicepurge[practice]\n"
