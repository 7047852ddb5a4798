"""Where an account's recipes lie: `accounts/NAME/recipes/*.yaml`; for practice also the shipped ones."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError, NoPermissionError, UsageError
from agent.methods.recipe import MOST_BYTES, Recipe, digest, load
from agent.share import shared

_DIRECTORY_MODE = 0o750
_FILE_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Item:
    """A recipe with its file and that file's digest; `own` unless it came with the program."""

    recipe: Recipe
    digest: str
    path: Path
    own: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was found: recipes by name in order, and one line for each file that is none."""

    recipes: tuple[Item, ...]
    problems: tuple[str, ...]

    def item(self, name: str) -> Item | None:
        """The recipe of that name, None where there is none."""
        return next((each for each in self.recipes if each.recipe.name == name), None)


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
            raw = _read(path)
            recipe = load(raw, path.name)
        except OSError as error:
            problems.append(f"{path.name}: {error.strerror}")
        except ConfigError as error:
            problems.extend(error.problems)
        else:
            found.setdefault(recipe.name, Item(recipe, digest(raw), path, path.parent == places[0]))
    return Shelf(tuple(found.values()), tuple(problems))


def text_of(item: Item) -> bytes:
    """The bytes of a recipe's file.

    Raises:
        UsageError: it is no longer there, or another by now.
    """
    with contextlib.suppress(OSError):
        raw = _read(item.path)
        if digest(raw) == item.digest:
            return raw
    raise UsageError("The recipe was changed in this moment.", next_step="Try again.")


def put(directory: Path, name: str, raw: bytes) -> Path:
    """Stores a recipe whole or not at all, over the account's own of that name; on disk before returning.

    Raises:
        NoPermissionError: we may not write there.
        UsageError: it cannot be written.
    """
    before = recipes(directory, practice=False).item(name)
    path = before.path if before is not None else directory / "recipes" / f"{name}.yaml"
    unfinished = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(unfinished, flags, _FILE_MODE), "wb") as file:
            os.fchmod(file.fileno(), _FILE_MODE)  # whatever the umask
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync(path.parent)
    except PermissionError:
        raise NoPermissionError(f"{path.parent} may not be written by this user.") from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", next_step="Check the free space."
        ) from None
    return path


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
