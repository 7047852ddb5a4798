"""`voicepurge methods`: what is known of each way to delete, and recipes from and for other machines."""

import sys
from pathlib import Path

from agent.cli import asking, picking, words
from agent.cli.output import Output
from agent.cli.visible import only_account
from agent.clock import SystemClock
from agent.errors import NoPermissionError, UsageError
from agent.methods.example import example
from agent.methods.explain import explain
from agent.methods.phrase import PHRASE
from agent.methods.recipe import MOST_BYTES, Recipe, digest, load
from agent.methods.shelf import Item, text_of
from agent.model import Standing
from agent.reasons import of_method
from agent.state import MethodState
from agent.teach.keep import keep
from agent.teach.known import TEACH_AGAIN, Known, overview
from agent.wiring import Installation, install, is_practice, recipes_of, retail_host_of


def list_methods(output: Output, account: str | None) -> int:
    """Prints the methods of one account or all: first those a run would try, in that order.

    Raises:
        UsageError: no such account.
        LedgerDamagedError: a ledger cannot be read.
    """
    installation, now = install(output.config), SystemClock().now()
    names = [account] if account is not None else list(installation.settings.accounts)
    found = {name: overview(installation, name, now) for name in names}
    if output.json:
        output.document(
            {
                "accounts": [
                    {
                        "account": name,
                        "practice": is_practice(installation, name),
                        "works": each.works,
                        "methods": [_as_json(one) for one in each.methods],
                        "problems": list(each.problems),
                    }
                    for name, each in found.items()
                ]
            }
        )
        return 0
    for name, each in found.items():
        mark = "[practice] " if is_practice(installation, name) else ""
        if not each.methods:
            output.data(f"{mark}{name}: no method; a run only watches and counts.")
        for number, one in enumerate(each.methods, start=1):
            for line in _lines(one, number, name):
                output.data(f"{mark}{name}: {line}")
        for problem in each.problems:
            output.say(f"{mark}{name}: {problem}")
        if not each.works:
            output.say(f"Next: teach one: `{TEACH_AGAIN.format(name)}`")
    return 0


def _lines(one: Known, number: int, account: str) -> list[str]:
    place = f"{number}." if one.used else "-"
    lines = [f"{place} {one.name}  {_standing(one.state)}"]
    if not one.used:
        lines.append("   not used: the configuration's `methods` does not name it")
    if not one.allowed:
        lines.append("   never used: it takes more than it names, and the configuration keeps some of that")
    if one.state.standing is Standing.FAILED:
        again = f" Teach it again: `{TEACH_AGAIN.format(account)}`" if one.item is not None else ""
        lines.append(f"   {_rest(one)}{again}")
    return lines


def _standing(state: MethodState) -> str:
    if state.standing is Standing.UNPROVEN:
        return "unproven: it asks for one recording first"
    since = f"since {words.clock_time(state.since)}"
    if state.standing is Standing.PROVEN:
        return f"proven {since}"
    return f"failed {since}: {of_method(state.reason)}"


def _rest(one: Known) -> str:
    if one.for_good:
        return "Not tried again by itself."
    if one.rests_until is None:
        return "It rested; the next run tries one recording."
    return f"Not tried before {words.clock_time(int(one.rests_until))}."


def _as_json(one: Known) -> dict[str, object]:
    recipe = one.item.recipe if one.item is not None else None
    return {
        "method": one.name,
        "digest": one.digest,
        "standing": one.state.standing.value,
        "since": words.iso(one.state.since) if one.state.since else None,
        "reason": one.state.reason,
        "used": one.used,
        "allowed": one.allowed,
        "resting": one.rests_until is not None,
        "next_try": words.iso(int(one.rests_until))
        if one.rests_until is not None and not one.for_good
        else None,
        **({"scope": recipe.scope.value, "batch": recipe.batch} if recipe is not None else {}),
    }


def show_method(output: Output, name: str, account: str | None) -> int:
    """Explains one recipe in plain words, with an example of what it sends.

    Raises:
        UsageError: no such account or recipe.
    """
    installation = install(output.config)
    chosen = only_account(installation, account)
    item = _item(installation, chosen, name)
    host = retail_host_of(installation, chosen)
    if output.json:
        output.document(
            {
                "account": chosen,
                "practice": is_practice(installation, chosen),
                "method": f"recipe:{item.recipe.name}",
                "digest": item.digest,
                "words": explain(item.recipe),
                "example": example(item.recipe, host),
            }
        )
        return 0
    for line in described(item.recipe, host):
        output.data(line)
    return 0


def described(recipe: Recipe, host: str, *, explained: bool = False) -> list[str]:
    """A recipe in plain words, unless they were said already, then an example of what it sends."""
    said = [] if explained else explain(recipe)
    return [*said, "For example it would send:", *(f"    {line}" for line in example(recipe, host))]


def export_method(output: Output, name: str, file: Path | None, account: str | None) -> int:
    """Writes a recipe's file as it is, to standard output or to a new file.

    Raises:
        UsageError: no such recipe, or the file exists.
    """
    installation = install(output.config)
    raw = text_of(_item(installation, only_account(installation, account), name))
    if file is None:
        sys.stdout.write(raw.decode())
        sys.stdout.flush()
        return 0
    try:
        with file.open("xb") as opened:
            opened.write(raw)
    except FileExistsError:
        raise UsageError(f"{file} exists; nothing is overwritten.", next_step="Name another file.") from None
    except PermissionError:
        raise NoPermissionError(f"{file} may not be written.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
    if output.json:
        output.document({"file": str(file), "digest": digest(raw)})
    else:
        output.data(
            f"{file}: {name}, nothing personal in it. On the other machine: `voicepurge methods import`."
        )
    return 0


def import_method(output: Output, file: Path, account: str | None, *, sure: bool) -> int:
    """Shows what a recipe would send, asks, and stores it as unproven.

    Raises:
        UsageError: no such file, nobody said yes.
        ConfigError: it is no recipe, or leaves the bounds of an imported one.
        AgentError: it could not be stored.
    """
    raw = read_file(file, MOST_BYTES)
    recipe = load(raw, file.name, shared=True)
    installation = install(output.config)
    chosen = only_account(installation, account)
    host = retail_host_of(installation, chosen)
    for line in described(recipe, host):
        output.say(line)
    replaced = recipes_of(installation, chosen).item(recipe.name)
    if replaced is not None and replaced.own and replaced.digest != digest(raw):
        output.say(f"{chosen} has another recipe named {recipe.name}; it would be replaced.")
    if not sure and not asking.yes(output, "Take it?"):
        raise UsageError("Nothing was imported.", next_step="Say yes, or `--yes` once you have read it.")
    state = keep(installation, chosen, recipe, raw, SystemClock())
    if output.json:
        output.document({"account": chosen, "method": f"recipe:{recipe.name}", "standing": state.standing})
        return 0
    mark = "[practice] " if is_practice(installation, chosen) else ""
    output.data(f"{mark}{chosen}: recipe:{recipe.name} is stored, {state.standing.value}.")
    output.say(
        f"Next: `voicepurge methods trial {recipe.name} --account {chosen}`, or let the next run try it."
    )
    return 0


def trial_method(output: Output, name: str, account: str | None) -> int:
    """A supervised trial of a recipe that is there.

    Raises:
        UsageError: no such account or recipe.
        AgentError: it could not be tried.
    """
    installation = install(output.config)
    chosen = only_account(installation, account)
    method = f"recipe:{_item(installation, chosen, name).recipe.name}" if name != PHRASE else PHRASE
    outcome = picking.try_method(output, installation, chosen, method)
    code = picking.tell(output, installation, chosen, method, outcome)
    if output.json:
        practice = is_practice(installation, chosen)
        output.document(
            {"account": chosen, "practice": practice, "method": method, **picking.document(outcome)}
        )
    return code


def read_file(file: Path, most: int) -> bytes:
    """The bytes of a file the person named.

    Raises:
        UsageError: it cannot be read, or is larger than `most` bytes.
        NoPermissionError: it may not be read.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(most + 1)
    except PermissionError:
        raise NoPermissionError(f"{file} may not be read.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    if len(raw) > most:
        raise UsageError(f"{file} is larger than {most // 1_000_000 or most / 1_000_000} MB.")
    return raw


def _item(installation: Installation, account: str, name: str) -> Item:
    found = recipes_of(installation, account)
    item = found.item(name.removeprefix("recipe:"))
    if item is None:
        names = ", ".join(each.recipe.name for each in found.recipes) or "none"
        raise UsageError("There is no recipe of that name.", next_step=f"{account} has: {names}.")
    return item
