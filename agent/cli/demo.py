"""`voicepurge demo`: the whole story against a practice cloud of its own, in a few seconds.

An honest purge, then one with a trap drawn from the seed, then the ledger and a tampered copy of it. It
runs what a real account runs: the same wiring, the same HTTPS, the same ledger. Only the clock is the
practice cloud's, so that nobody waits.
"""

import asyncio
import random
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent.alexa.exchange import Secret
from agent.cli import words
from agent.cli.output import Output
from agent.cli.run import run_document
from agent.cli.traps import TRAPS, Trap
from agent.errors import AgentError
from agent.ledger.report import Report as Proof
from agent.ledger.verify import verify
from agent.model import Verdict
from agent.purge import Order, Report, run
from agent.wiring import Installation, install, store_sign_in, verifier_key, world_of

if TYPE_CHECKING:
    from agent.simulator.server import PracticeCloud

ACCOUNT = "demo"
_DAY_MS = 86_400_000
_PHRASES = ("what is the weather", "set a timer", "stop", "add milk to the list", "good night")
_CONFIG = """\
version: 1
timezone: Etc/UTC
accounts:
  demo:
    marketplace: amazon.de
    keep_for: 24h
    methods: ["recipe:practice-json-batch"]
    confirm_over: 100000
    practice: {{url: "{url}", ca: "{ca}"}}
verify: {{recheck: [0s]}}
limits: {{requests_per_second: 500}}
credentials: {{backend: file}}
"""


class _Silence:
    """Implements `agent.ports.Progress` for a story that tells itself."""

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """Nobody watches."""

    def say(self, line: str) -> None:
        """Nobody listens."""


@dataclass(slots=True)
class _Tale:
    """Everything the demo is about; `told` becomes the JSON document."""

    output: Output
    cloud: "PracticeCloud"
    installation: Installation
    trap: Trap
    seed: int
    told: dict[str, object] = field(default_factory=dict)

    def say(self, text: str = "") -> None:
        if not self.output.json:
            self.output.data(text)


def tell(output: Output, seed: int | None, recordings: int) -> int:
    """Tells the story; 0 when every part ended as it must.

    Raises:
        UsageError: the extra `practice` is missing.
    """
    from agent.simulator.server import running

    chosen = secrets.randbelow(1000) if seed is None else seed
    trap = TRAPS[random.Random(chosen).randrange(len(TRAPS))]  # noqa: S311 - a story, not a secret
    place = Path(tempfile.mkdtemp(prefix="voicepurge-demo-"))
    try:
        with running(seed=chosen, recordings=recordings) as cloud:
            config = place / "voicepurge.yaml"
            config.write_text(_CONFIG.format(url=cloud.url, ca=cloud.ca))
            installation = install(config, {"STATE_DIRECTORY": str(place / "state")})
            tale = _Tale(output, cloud, installation, trap, chosen)
            good = asyncio.run(_story(tale)) and _proof(tale, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if output.json:
        output.document({"seed": chosen, "trap": trap.name, "ok": good, "practice": True, **tale.told})
    elif good:
        output.data("Nothing here was evidence about Amazon. README.md says how to go on.")
    if not good:
        raise AgentError("The demo did not end as it must.", next_step=f"Report it with --seed {chosen}.")
    return 0


async def _story(tale: _Tale) -> bool:
    from agent.simulator.shared_clock import SharedClock

    cloud = tale.cloud
    tale.say(f"A practice cloud is up at {cloud.url} (seed {tale.seed}), over real HTTPS.")
    await store_sign_in(tale.installation, ACCOUNT, Secret(cloud.credential), SharedClock(cloud))
    plan = await _purge(tale, dry_run=True)
    tale.say(f"1. Looking first. Its voice history shows {plan.counts.listed} recordings.")
    _show(tale, plan)
    tale.say("2. Purging what is older than a day, then looking again.")
    honest = await _purge(tale)
    _show(tale, honest)
    tale.say(f"3. A week later. People have gone on talking, and the service sets a trap: {tale.trap.name}.")
    _people_talk(tale)
    _set_trap(tale)
    trapped = await _purge(tale)
    _show(tale, trapped)
    remain = _still_there(tale)
    tale.say(f"   What it did: {tale.trap.story}")
    tale.say(f"   {_moral(trapped, remain)}")
    tale.say()
    tale.told |= {"runs": [run_document(honest), run_document(trapped)], "remain": remain}
    ended = (honest.judgement.verdict, trapped.judgement.verdict)
    return ended == (Verdict.VERIFIED, tale.trap.verdict)


async def _purge(tale: _Tale, *, dry_run: bool = False) -> Report:
    from agent.simulator.shared_clock import SharedClock

    clock = SharedClock(tale.cloud)
    policy = tale.installation.account(ACCOUNT).policy()
    order = Order(secrets.token_hex(6), policy, dry_run=dry_run, requests_per_second=500)
    async with world_of(tale.installation, ACCOUNT, clock, _Silence()) as world:
        return await run(order, world)


def _show(tale: _Tale, report: Report) -> None:
    for line in words.sentences(ACCOUNT, report, practice=True):
        tale.say(f"   {line}")
    tale.say()


def _people_talk(tale: _Tale) -> None:
    tale.cloud.advance(6 * _DAY_MS)
    for number in range(30):
        tale.cloud.say(_PHRASES[number % len(_PHRASES)], ago_ms=(2 + number % 3) * _DAY_MS + number * 1000)
    for number in range(4):
        tale.cloud.say(_PHRASES[number], ago_ms=number * 60_000)


def _set_trap(tale: _Tale) -> None:
    fault = dict(tale.trap.fault)
    if fault:
        fault |= {"on": "delete"} if tale.trap.on_request else {"on": "voice", "after_delete": True}
    tale.cloud.turn(**tale.trap.dials, faults=[fault] if fault else [])


def _moral(report: Report, remain: int) -> str:
    if report.judgement.verdict is Verdict.VERIFIED:
        return "No answer came, so it looked: gone, and nothing was asked for twice."
    if report.judgement.verdict is Verdict.BLOCKED and report.counts.collateral:
        return "It stopped at once, and the method that did it is disabled."
    if remain:
        return f'A tool that trusts answers says "cleared". In truth {remain} due recordings remain.'
    return "They did go, but nobody could see it: a claim without evidence is none. The next run looks again."


def _still_there(tale: _Tale) -> int:
    """How many recordings older than a day the cloud really still shows."""
    truth = tale.cloud.truth()
    shown = {key for keys in truth["surfaces"].values() for key in keys}
    return sum(int(key.split("#")[1]) <= truth["now"] - _DAY_MS for key in shown)


def _proof(tale: _Tale, place: Path) -> bool:
    """Checks the ledger, then a copy with one byte changed."""
    directory = tale.installation.directory(ACCOUNT)
    vkey = verifier_key(tale.installation, ACCOUNT) or ""
    whole = verify(directory, vkey=vkey)
    tale.say("4. The ledger of all this, checked from its first byte to its last.")
    tale.say(f"   {whole.entries} entries, {whole.signed} signed: {_sound(whole)}.")
    copy = shutil.copytree(directory, place / "copy")
    raw = bytearray((copy / "ledger.jsonl").read_bytes())
    at = raw.index(b'"gone":') + len(b'"gone":')
    raw[at + 1 : at + 1] = b" "
    (copy / "ledger.jsonl").write_bytes(raw)
    tampered = verify(copy, vkey=vkey)
    tale.say("   The same with one byte slipped into a copy:")
    for problem in tampered.problems[:2]:
        tale.say(f"   caught at {problem.place}: {problem.what}")
    tale.say()
    caught = [{"place": one.place, "what": one.what} for one in tampered.problems]
    tale.told |= {"ledger": {"ok": whole.ok, "entries": whole.entries}, "tampered": caught}
    return whole.ok and not tampered.ok


def _sound(proof: Proof) -> str:
    return "as it was written" if proof.ok else "NOT as it was written"
