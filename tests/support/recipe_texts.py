"""Recipes and recordings for tests of deletion methods."""

import json
from dataclasses import dataclass, field

from agent.alexa.exchange import Outgoing
from agent.methods.recipe import Recipe, load
from agent.methods.render import Given, render
from agent.model import Recording, Surface, Window

CUSTOMER = "A1CUSTOMER"
WINDOW = Window(1_500, 9_600)
TOKENS = {"customer_id": CUSTOMER, "anti_csrf": "tok-1", "csrf": "-77"}


def row(at: int = 5_000, serial: str = "G1", key: str | None = None, **parts: tuple[str, ...]) -> Recording:
    """A recording; `parts` are `item_keys` and `utterance_ids`."""
    made = f"{CUSTOMER}#{at}#TYPE#{serial}" if key is None else key
    items, spoken = parts.get("item_keys", ()), parts.get("utterance_ids", ())
    return Recording(made, at, frozenset(Surface), (serial,), "TYPE", item_keys=items, utterance_ids=spoken)


@dataclass(frozen=True)
class Draft:
    """A recipe in the making; JSON is YAML, so its text is what `load` reads."""

    scope: str = "records"
    batch: int = 1
    step: dict[str, object] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)

    def data(self) -> dict[str, object]:
        """As plain data."""
        step = {"method": "POST", "path": "/alexa-privacy/apd/rvh/x", **self.step}
        learned = {"when": "2026-11-24", "marketplace": "amazon.de", "from": "written by hand"}
        head = {"format": "voicepurge-recipe/1", "name": "draft", "scope": self.scope, "surface": "voice"}
        return {**head, "batch": self.batch, "steps": [step], "learned": learned, **self.more}

    def recipe(self) -> Recipe:
        """Raises ConfigError as `load`."""
        return load(json.dumps(self.data()).encode(), "draft.yaml")

    def render(self, *rows: Recording, window: Window = WINDOW, **values: str) -> Outgoing:
        """The first request of it. Raises OutOfBoundsError as `render`."""
        recipe = self.recipe()
        return render(recipe, recipe.steps[0], Given(rows, window, {**TOKENS, **values}))


def json_draft(body: object, **more: object) -> Draft:
    """A recipe with this JSON body; `batch` and `scope` as in `Draft`."""
    scope, batch = str(more.pop("scope", "records")), more.pop("batch", 1)
    assert isinstance(batch, int)
    return Draft(scope, batch, {"body": {"json": body}, **more})
