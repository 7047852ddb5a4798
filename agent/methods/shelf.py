"""Where an account's recipes lie: `accounts/NAME/recipes/*.yaml`; for practice also the shipped ones."""

from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError
from agent.methods.recipe import MOST_BYTES, Recipe, digest, load
from agent.share import shared


@dataclass(frozen=True, slots=True)
class Item:
    """A recipe with the digest of its file."""

    recipe: Recipe
    digest: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was found: recipes by name in order, and one line for each file that is none."""

    recipes: tuple[Item, ...]
    problems: tuple[str, ...]


def recipes(directory: Path, *, practice: bool) -> Shelf:
    """Reads the recipes of the account in `directory`.

    A broken file is a problem, not an error; of two with the same name the account's own counts.
    """
    places = [directory / "recipes"]
    if practice:
        places.append(shared("config/recipes"))
    found: dict[str, Item] = {}
    problems: list[str] = []
    for path in (path for place in places for path in sorted(place.glob("*.yaml"))):
        try:
            with path.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
            recipe = load(raw, path.name)
        except OSError as error:
            problems.append(f"{path.name}: {error.strerror}")
        except ConfigError as error:
            problems.extend(error.problems)
        else:
            found.setdefault(recipe.name, Item(recipe, digest(raw)))
    return Shelf(tuple(found.values()), tuple(problems))
