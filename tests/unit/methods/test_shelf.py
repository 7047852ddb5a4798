import hashlib
import json
from pathlib import Path

import pytest

from agent.methods.recipe import MOST_BYTES
from agent.methods.shelf import recipes
from agent.simulator.shapes import SHAPES
from tests.support.recipe_texts import json_draft


def put(home: Path, file: str, name: str = "mine", *, path: str = "/alexa-privacy/x") -> bytes:
    """Writes a recipe of the account."""
    data = json_draft("{record_key}", path=path).data() | {"name": name}
    raw = json.dumps(data).encode()
    (home / "recipes").mkdir(exist_ok=True)
    (home / "recipes" / file).write_bytes(raw)
    return raw


@pytest.mark.parametrize("practice", [False, True])
def test_shipped_recipes_are_for_practice_accounts(tmp_path: Path, practice: bool) -> None:
    """A real account has only what its owner gave it; without a directory that is nothing."""
    found = recipes(tmp_path / "none", practice=practice)
    names = {item.recipe.name for item in found.recipes}
    assert names == ({f"practice-{shape}" for shape in SHAPES} if practice else set())
    assert found.problems == ()


def test_recipes_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    """Sorted by file name, each with the digest of its bytes."""
    raws = [put(tmp_path, f"{name}.yaml", name) for name in ("b", "a")]
    put(tmp_path, "ignored.yml", "ignored")
    found = recipes(tmp_path, practice=False).recipes
    assert [item.recipe.name for item in found] == ["a", "b"]
    assert [item.digest for item in found] == [hashlib.sha256(raw).hexdigest() for raw in reversed(raws)]


def test_a_broken_file_is_said_and_the_others_are_used(tmp_path: Path) -> None:
    """Not YAML, out of bounds, too large, or no file at all."""
    put(tmp_path, "good.yaml", "good")
    put(tmp_path, "elsewhere.yaml", "elsewhere", path="/api/x")
    home = tmp_path / "recipes"
    (home / "broken.yaml").write_text("{")
    (home / "large.yaml").write_bytes(b"#" * (MOST_BYTES + 1))
    (home / "folder.yaml").mkdir()
    (home / "lost.yaml").symlink_to(home / "nowhere")
    found = recipes(tmp_path, practice=False)
    assert [item.recipe.name for item in found.recipes] == ["good"]
    said = {line.partition(":")[0] for line in found.problems}
    assert said == {"broken.yaml", "elsewhere.yaml", "large.yaml", "folder.yaml", "lost.yaml"}


def test_the_accounts_own_recipe_counts(tmp_path: Path) -> None:
    """Of two with one name it is never the shipped one, and never both."""
    raw = put(tmp_path, "mine.yaml", "practice-json-batch")
    same = [
        item for item in recipes(tmp_path, practice=True).recipes if item.recipe.name == "practice-json-batch"
    ]
    assert [item.digest for item in same] == [hashlib.sha256(raw).hexdigest()]
