"""A recipe in plain words, for a person who has to say yes to it. Pure."""

from collections.abc import Iterator

from agent.methods import template as language
from agent.methods.recipe import Recipe, Step
from agent.model import Scope, Surface

_PAGES = {Surface.VOICE: "voice history", Surface.ACTIVITY: "activity"}
_WORDS = {
    "record_key": "the key of the recording",
    "timestamp": "when it was spoken",
    "device_type": "the type of the device",
    "serial": "the serial number of the device",
    "item_key": "the keys of its parts",
    "utterance_id": "the ids of its audio",
    "customer_id": "the id of the account",
    "start": "the start of the range",
    "end": "the end of the range",
    "anti_csrf": "the token of the privacy page",
    "csrf": "the value of the cookie csrf",
    "ticket": "what the first answer gives",
    "now": "the time at which it is sent",
    **dict.fromkeys(language.FRESH, "a random id, made anew each time"),
}


def explain(recipe: Recipe) -> list[str]:
    """What it does, one sentence a line: what it deletes, each request, and where it comes from."""
    return [*_what(recipe), *_requests(recipe), *_answer(recipe), *_origin(recipe)]


def _what(recipe: Recipe) -> Iterator[str]:
    page = f"It was learned on the {_PAGES[recipe.surface]} page."
    if recipe.scope is Scope.RECORDS:
        many = "one recording" if recipe.batch == 1 else f"at most {recipe.batch} recordings"
        yield f"One request asks for the deletion of {many}, by name. {page}"
    elif recipe.scope is Scope.RANGE:
        yield f"One request asks for the deletion of everything spoken in a range of time. {page}"
    else:
        yield f"One request asks for the deletion of the whole history. {page}"


def _requests(recipe: Recipe) -> Iterator[str]:
    for number, step in enumerate(recipe.steps, 1):
        which = ("First it sends", "Then it sends")[number - 1] if len(recipe.steps) > 1 else "It sends"
        kind = _body(step)
        yield f"{which} {step.method} {step.path} to the account's own Amazon host{kind}."
        names = sorted({_WORDS[name] for name in step.names})
        if names:
            yield f"It fills in {', '.join(names)}."
        if step.csrf:
            yield "The token of the privacy page goes into its usual header."
        if step.ticket is not None:
            yield "From the answer it takes what the second request needs."
    if recipe.own_path:
        yield "This address is outside the privacy pages; it is accepted because it is from your own capture."


def _body(step: Step) -> str:
    if step.body is None:
        return ""
    kinds = {"json_value": "JSON", "form": "a form", "multipart": "a multipart form", "text": "a text"}
    kind = next(word for name, word in kinds.items() if name in step.body.model_fields_set)
    return f", with {kind} as body"


def _answer(recipe: Recipe) -> Iterator[str]:
    answer = recipe.answer
    statuses = " or ".join(map(str, answer.status))
    member = f" in which {answer.pointer} is {answer.equals!r}" if answer.pointer is not None else ""
    yield f"Status {statuses}{member} counts as accepted; only a new listing shows what is gone."


def _origin(recipe: Recipe) -> Iterator[str]:
    learned = recipe.learned
    yield f"From: {learned.source}; {learned.marketplace}, {learned.when.isoformat()}."
