"""What a recipe would send, words in place of values: to be looked at before somebody says yes. Pure."""

from urllib.parse import urlencode

from agent.alexa.exchange import Outgoing
from agent.errors import ServiceChangedError
from agent.methods import template as language
from agent.methods.recipe import Recipe
from agent.methods.render import Given, render
from agent.model import Recording, Scope, Surface, Window

_START, _END = 1_700_000_000_000, 1_700_003_600_000
_VALUES = {
    "customer_id": "CUSTOMER",
    "anti_csrf": "PAGE-TOKEN",
    "csrf": "CSRF-COOKIE",
    "ticket": "TICKET-OF-THE-FIRST-ANSWER",
    "now": str(_END),
    **dict.fromkeys(language.FRESH, "RANDOM-ID"),
}
_LONGEST = 2000


def example(recipe: Recipe, host: str) -> list[str]:
    """The requests of a recipe for made-up recordings, as lines; `host` is the account's retail host.

    Two recordings where it takes several. Nothing in it is anybody's.
    """
    many = recipe.scope is Scope.RECORDS and recipe.batch > 1
    rows = [_recording(number) for number in range(1, 3 if many else 2)]
    lines: list[str] = []
    for number, step in enumerate(recipe.steps, start=1):
        if len(recipe.steps) > 1:
            lines.append(f"request {number} of {len(recipe.steps)}:")
        try:
            lines += _shown(render(recipe, step, Given(rows, Window(_START, _END), _VALUES)), host)
        except ServiceChangedError as error:
            lines.append(error.message)
    return lines


def _recording(number: int) -> Recording:
    at = _START + number
    return Recording(
        f"CUSTOMER#{at}#DEVICETYPE#SERIAL{number}",
        at,
        frozenset({Surface.VOICE}),
        item_keys=(f"ITEM{number}",),
        utterance_ids=(f"UTTERANCE{number}",),
    )


def _shown(outgoing: Outgoing, host: str) -> list[str]:
    query = f"?{urlencode(outgoing.query)}" if outgoing.query else ""
    lines = [f"{outgoing.method} https://{host}{outgoing.path}{query}"]
    if outgoing.csrf:
        lines.append("anti-csrftoken-a2z: PAGE-TOKEN")
    lines += [f"{name}: {value}" for name, value in outgoing.headers]
    if outgoing.body is not None:
        text = outgoing.body.decode()
        lines.append(f"Content-Type: {outgoing.content_type}")
        lines += text[:_LONGEST].splitlines()
    return lines
