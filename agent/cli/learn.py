"""`voicepurge learn FILE.har`: a deletion method from the owner's own browser, then a supervised trial."""

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.alexa.marketplaces import find
from agent.cli import asking, picking
from agent.cli.methods import described, read_file
from agent.cli.output import Output
from agent.cli.visible import only_account
from agent.clock import SystemClock
from agent.errors import AgentError, SeveralDeletionsError, SignedOutError, UsageError
from agent.methods import har
from agent.methods.learn import Learned
from agent.methods.learn import learn as learn_from
from agent.methods.recipe import Recipe
from agent.methods.shelf import Item, text_of
from agent.model import Standing
from agent.state import MethodState
from agent.teach.capture import capture, window_for
from agent.teach.keep import keep
from agent.trial import Outcome
from agent.wiring import (
    Installation,
    install,
    is_practice,
    practice_of,
    recipes_of,
    retail_host_of,
    sign_in_of,
)

_USUAL_NAME = "page"
_STEPS = (
    "A browser window opens, with a profile of its own. Three steps:",
    "  1. Sign in on Amazon's page, as you always do. Your password stays between you and Amazon.",
    "  2. Delete ONE recording there, and wait until the list no longer shows it.",
    "     (Several with one click teach it to ask for several at once.)",
    "  3. Close the window.",
    "The profile is thrown away then; nothing is kept but the recipe.",
)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,47}")


@dataclass(frozen=True, slots=True)
class LearnOptions:
    """What was said on the command line."""

    account: str | None = None
    name: str | None = None
    choose: int | None = None
    trial: bool = True


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of a capture: the recipe in place, what is known of it, and its trial if there was one."""

    account: str
    recipe: Recipe
    learned: Learned
    state: MethodState
    outcome: Outcome | None

    @property
    def method(self) -> str:
        """The method's name as in the configuration."""
        return f"recipe:{self.recipe.name}"


def learn_file(output: Output, file: Path, options: LearnOptions) -> int:
    """Learns from a HAR, stores the recipe as unproven, tries it, offers to delete the HAR.

    Raises:
        LearnError: one class for each thing that can be wrong with the capture; nothing is stored.
        UsageError: no such file, account or candidate, or no yes to what needs one.
        SignedOutError: a trial is wanted and nobody is signed in.
        AgentError: it could not be stored or tried.
    """
    raw = read_file(file, har.MOST_BYTES)
    installation = install(output.config)
    try:
        lesson = teach(output, installation, raw, options)
    except AgentError:
        output.say(f"{file} holds live cookies and what was said; delete it when you are done.")
        raise
    code = tell(output, installation, lesson)
    gone = _offer_to_delete(output, file)
    if output.json:
        output.document({**document(installation, lesson), "file_deleted": gone})
    return code


def learn_browser(output: Output, options: LearnOptions) -> int:
    """Opens a browser window, learns from what the person does in it, and keeps nothing else.

    Raises: as `learn_file`; UsageError where no browser can be opened.
    """
    installation = install(output.config)
    account = only_account(installation, options.account)
    _customer(installation, account, options)
    marketplace = find(installation.account(account).marketplace)
    practice = practice_of(installation, account)
    window = window_for(marketplace, practice, os.environ, root=os.geteuid() == 0)
    for line in _STEPS:
        output.say(line)
    raw = asyncio.run(capture(window))
    lesson = teach(output, installation, raw, options)
    code = tell(output, installation, lesson)
    if output.json:
        output.document(document(installation, lesson))
    return code


def teach(output: Output, installation: Installation, raw: bytes, options: LearnOptions) -> Lesson:
    """From a capture in memory to a stored and tried recipe. Raises as `learn_file`."""
    account = only_account(installation, options.account)
    if options.name is not None and not _NAME.fullmatch(options.name):
        raise UsageError("That is no name for a recipe.", next_step="a-z first, then a-z, 0-9 and -.")
    customer = _customer(installation, account, options)
    found = [item for item in recipes_of(installation, account).recipes if item.own]
    name = options.name or _free_name({item.recipe.name for item in found})
    today = datetime.now(ZoneInfo(installation.settings.timezone)).date()
    marketplace = installation.account(account).marketplace
    learned = _learned(
        output,
        lambda choose: learn_from(
            raw, marketplace=marketplace, customer_id=customer, name=name, today=today, choose=choose
        ),
        options.choose,
    )
    _show(output, learned, retail_host_of(installation, account))
    if learned.recipe.own_path and not asking.yes(output, "Take a path outside the privacy pages?"):
        raise UsageError("Nothing was stored.", next_step="Look at the address above, then say yes.")
    recipe, text = _against_old(output, learned, found, renamed=options.name is not None)
    state = keep(installation, account, recipe, text, SystemClock())
    lesson = Lesson(account, recipe, learned, state, None)
    _mention(output, installation, lesson)
    if not options.trial or state.standing is Standing.PROVEN:
        return lesson
    outcome = picking.try_method(output, installation, account, lesson.method)
    return Lesson(account, recipe, learned, outcome.method, outcome)


def tell(output: Output, installation: Installation, lesson: Lesson) -> int:
    """Says how it ended, unless JSON was asked for; the exit code."""
    if lesson.outcome is not None:
        return picking.tell(output, installation, lesson.account, lesson.method, lesson.outcome)
    if not output.json:
        mark = "[practice] " if is_practice(installation, lesson.account) else ""
        state = lesson.state.standing.value
        output.data(f"{mark}{lesson.account}: {lesson.method} is stored, {state}.")
    return 0


def document(installation: Installation, lesson: Lesson) -> dict[str, object]:
    """The same as JSON."""
    return {
        "account": lesson.account,
        "practice": is_practice(installation, lesson.account),
        "method": lesson.method,
        "standing": lesson.state.standing.value,
        "explanation": list(lesson.learned.explanation),
        "warnings": list(lesson.learned.warnings),
        "trial": picking.document(lesson.outcome) if lesson.outcome is not None else None,
    }


def _customer(installation: Installation, account: str, options: LearnOptions) -> str | None:
    """Whose rows the capture must hold. Raises SignedOutError where a trial would have to ask Amazon."""
    stored = sign_in_of(installation, account, SystemClock()).read()
    if options.trial and (stored is None or stored.refused_at is not None):
        raise SignedOutError(
            "Nobody is signed in, so nothing can be tried.",
            next_step=f"`voicepurge login {account}` first, or learn with --no-trial.",
        )
    return stored.customer_id if stored is not None else None


def _free_name(taken: set[str]) -> str:
    number, name = 1, _USUAL_NAME
    while name in taken:
        number += 1
        name = f"{_USUAL_NAME}-{number}"
    return name


def _learned(output: Output, attempt: Callable[[int | None], Learned], choose: int | None) -> Learned:
    """Learns; where several requests are as likely, a person at a terminal says which."""
    try:
        return attempt(choose)
    except SeveralDeletionsError as error:
        lines = [f"{number}. {each}" for number, each in enumerate(error.candidates, start=1)]
        chosen = None
        if asking.at_terminal():
            for line in lines:
                output.say(line)
            chosen = asking.number(output, "Which one deletes?", len(lines))
        if chosen is None:
            listed = " ".join(lines)
            next_step = f"Say which one with --choose: {listed}"
            raise SeveralDeletionsError(
                error.message, candidates=error.candidates, next_step=next_step
            ) from None
        return attempt(chosen)


def _show(output: Output, learned: Learned, host: str) -> None:
    for line in (*learned.explanation, *described(learned.recipe, host, explained=True)):
        output.say(line)
    for line in learned.warnings:
        output.say(f"Note: {line}")


def _against_old(
    output: Output, learned: Learned, found: list[Item], *, renamed: bool
) -> tuple[Recipe, bytes]:
    """The recipe to store: the old file where it says the same, else the new one, never over another unasked.

    Raises:
        UsageError: another recipe has that name and stays.
    """
    for item in found:
        same = {"name": item.recipe.name, "learned": item.recipe.learned}
        if learned.recipe.model_copy(update=same) == item.recipe and (
            not renamed or item.recipe.name == learned.recipe.name
        ):
            output.say(f"It is the same as recipe:{item.recipe.name}, which you have already.")
            return item.recipe, text_of(item)
    if any(item.recipe.name == learned.recipe.name for item in found):
        question = f"There is another recipe named {learned.recipe.name}. Replace it?"
        if not asking.yes(output, question):
            raise UsageError(
                "Nothing was stored: there is another recipe of that name.",
                next_step="Choose another with --name.",
            )
    return learned.recipe, learned.recipe_text.encode()


def _mention(output: Output, installation: Installation, lesson: Lesson) -> None:
    methods = installation.account(lesson.account).methods
    if "learned" not in methods and lesson.method not in methods:
        output.say(
            f"No run uses it yet: `methods` of {lesson.account} names neither learned nor {lesson.method}."
        )


def _offer_to_delete(output: Output, file: Path) -> bool:
    """Whether the file is gone. It holds live cookies and what was said."""
    if asking.yes(output, f"Delete {file} now? It holds live cookies and what was said.", usual=True):
        try:
            file.unlink()
        except OSError as error:
            output.say(f"{file} could not be deleted: {error.strerror}.")
        else:
            return True
    output.say(f"It is still there. Delete it yourself: rm {file}")
    return False
