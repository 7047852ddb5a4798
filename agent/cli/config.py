"""`voicepurge config check`: every problem at once, the next runs, and what the policy can never do."""

from collections.abc import Iterator

from agent.alexa.marketplaces import find
from agent.cli.output import Output
from agent.cli.schedule import next_runs
from agent.clock import SystemClock
from agent.methods import shelf
from agent.methods.phrases import of_locale
from agent.model import Scope
from agent.policy import can_ever_allow
from agent.settings import Account
from agent.timetext import duration
from agent.wiring import Installation, install

_NEXT_RUNS = 5


def check(output: Output) -> int:
    """Prints what the configuration says.

    Raises:
        ConfigError: its problems, all of them.
    """
    installation = install(output.config)
    settings, now = installation.settings, SystemClock().now()
    runs = {name: next_runs(settings, name, _NEXT_RUNS, now) for name in settings.accounts}
    warnings = [line for name in installation.settings.accounts for line in _warnings(installation, name)]
    if output.json:
        planned = {name: [run.document for run in several] for name, several in runs.items()}
        head = {"config": str(installation.config), "accounts": list(settings.accounts)}
        output.document({**head, "next_runs": planned, "warnings": warnings})
        return 0
    output.data(f"{installation.config}: no problems.")
    for name, account in settings.accounts.items():
        output.data(f"  {name}: {_summary(account)}")
        for run in runs[name]:
            output.data(f"    {run.line}")
    for line in warnings:
        output.say(f"Warning: {line}")
    return 0


def _summary(account: Account) -> str:
    keep = duration(account.keep_for.total_seconds()) if account.keep_for else "nothing"
    kept = f" and {len(account.keep_devices)} devices" if account.keep_devices else ""
    practice = ", practice" if account.practice is not None else ""
    methods = ", ".join(account.methods) or "watch only"
    surfaces = " and ".join(surface.value for surface in account.surfaces)
    return f"{account.marketplace}{practice}, keeps {keep}{kept}, {surfaces}, methods: {methods}"


def _warnings(installation: Installation, name: str) -> list[str]:
    account = installation.account(name)
    found = shelf.recipes(installation.directory(name), practice=account.practice is not None)
    policy = account.policy()
    lines = list(found.problems)
    known = {f"recipe:{item.recipe.name}" for item in found.recipes}
    lines += [
        f"{name}: this policy can never allow {method}: it deletes everything."
        for method in account.methods
        for item in found.recipes
        if method == f"recipe:{item.recipe.name}" and not can_ever_allow(item.recipe.scope, policy)
    ]
    lines += [
        f"{name}: there is no {method} in {installation.directory(name) / 'recipes'}."
        for method in account.methods
        if method.startswith("recipe:") and method not in known
    ]
    return [*lines, *(f"{name}: {line}" for line in _of_phrase(installation, name))]


def _of_phrase(installation: Installation, name: str) -> Iterator[str]:
    """Why the phrase, where it is wanted, would never be said."""
    account = installation.account(name)
    if "phrase" not in account.methods:
        return
    if account.phrase is None:
        yield 'phrase is not used until you name an Echo: add phrase: {device: "NAME"}.'
    locale = find(account.marketplace).locale
    phrases = of_locale(locale)
    if phrases is None:
        yield f"phrase is not used: no deletion phrase is known for {locale}."
    elif not can_ever_allow(Scope.DAY, account.policy()):
        yield "this policy can never allow phrase: it deletes a whole day, and keep_for keeps some of it."
    elif phrases.yesterday is None and (account.keep_for or account.keep_devices):
        yield "this policy can never allow phrase: it deletes all of today, and something of it is kept."
