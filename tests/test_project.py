"""Rules of the project that no other tool checks."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULE_LIMIT = 300
FUNCTION_LIMIT = 50


def tracked(*patterns: str) -> list[Path]:
    """Files of the project that match; those git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def modules(folder: str) -> list[Path]:
    return tracked(f"{folder}/*.py")


def lines_of_code(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


@pytest.mark.parametrize("path", modules("agent"), ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    """A module is one idea: at most 300 lines that are not blank, a function 50 without its docstring."""
    text = path.read_text()
    assert lines_of_code(text) <= MODULE_LIMIT
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            own = ast.get_source_segment(text, node) or ""
            words = lines_of_code(ast.get_docstring(node) or "")
            assert lines_of_code(own) - words <= FUNCTION_LIMIT, f"{node.name} in {path.name}"


@pytest.mark.parametrize("path", modules("tests"), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_test_states_its_rule(path: Path) -> None:
    """The docstring of a test is the rule it proves."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{node.name} in {path.name}"


@pytest.mark.parametrize("path", modules("tests"), ids=lambda p: str(p.relative_to(ROOT)))
def test_tests_simulate_the_world_and_mock_nothing(path: Path) -> None:
    """No mock library, no skipped test, no expected failure."""
    text = path.read_text()
    found = re.findall(
        r"unittest\.mock|MagicMock|mocker\.|@pytest\.mark\.(?:skip|xfail)|pytest\.skip\(", text
    )
    assert not found or path == Path(__file__)


def test_each_suppressed_warning_has_a_reason() -> None:
    """`noqa` and `type: ignore` name the rule and say why."""
    bare = re.compile(
        r"#\s*(?:noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S)|type: ignore(?!\[[\w, -]+\] {1,2}# \S))"
    )
    for path in [*modules("agent"), *modules("tests")]:
        if path != Path(__file__):
            assert not bare.search(path.read_text()), path.name


def test_foreign_libraries_stay_in_their_rooms() -> None:
    """Each library that reaches outside is imported in one place only."""
    rooms = {
        "httpx": {"agent/alexa/session.py", "agent/alexa/transport.py", "agent/alerts/sender.py"},
        "httpcore": {"agent/alexa/transport.py"},
        "apscheduler": {"agent/daemon/schedule.py"},
        "playwright": {"agent/teach/capture.py"},
    }
    folders = {"keyring": ("agent/vault/",), "yaml": ("agent/settings/", "agent/methods/recipe.py")}
    for path in modules("agent"):
        name = str(path.relative_to(ROOT))
        for module in imported(path):
            top = module.split(".")[0]
            assert name in rooms.get(top, {name}), f"{name} imports {top}"
            assert top not in folders or name.startswith(folders[top]), f"{name} imports {top}"


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_locks_name_no_index() -> None:
    """Locked versions carry hashes and no address of where they came from."""
    for path in tracked("requirements*.lock"):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|file:", text)


def test_top_level_holds_only_what_was_agreed() -> None:
    """Rooms are found from `ls`: no other folders."""
    tops = {path.relative_to(ROOT).parts[0] for path in tracked("*") if len(path.relative_to(ROOT).parts) > 1}
    assert {top for top in tops if not top.startswith(".")} <= {"agent", "config", "systemd", "tests"}
