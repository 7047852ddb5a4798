import copy
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import methods
from agent.errors import ConfigError
from agent.methods.recipe import MOST_BYTES, digest, load
from agent.model import Scope, Surface
from agent.share import shared
from agent.simulator.axes import Company
from agent.simulator.shapes import SHAPES
from tests.support.recipe_texts import Draft, json_draft

KEY = "{record_key}"
TICKET = {"method": "POST", "path": "/alexa-privacy/y", "body": {"json": {"t": "{ticket}"}}}
FIRST = {"method": "POST", "path": "/alexa-privacy/x", "body": {"json": KEY}, "ticket": {"json": "/t"}}
SHIPPED = sorted(shared("config/recipes").glob("*.yaml"))


def problems(draft: Draft | bytes) -> tuple[str, ...]:
    """What is wrong with a recipe that is none."""
    raw = draft if isinstance(draft, bytes) else json.dumps(draft.data()).encode()
    with pytest.raises(ConfigError) as caught:
        load(raw, "draft.yaml")
    assert caught.value.problems
    assert all(line.startswith("draft.yaml: ") for line in caught.value.problems)
    return caught.value.problems


def test_there_is_a_recipe_for_each_shape() -> None:
    """Every shape of the practice page comes with the recipe that fits it, named after it."""
    names = {path.stem: load(path.read_bytes(), path.name).name for path in SHIPPED}
    assert names == {f"practice-{shape}": f"practice-{shape}" for shape in SHAPES}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_name_whom_they_are_for(path: Path) -> None:
    """Scope and batch agree with the shape, and the file says that it is for practice only."""
    recipe, shape = load(path.read_bytes(), path.name), SHAPES[path.stem.removeprefix("practice-")]
    assert (recipe.scope.value, recipe.batch) == (shape.scope.value, shape.batch)
    assert recipe.needs_items == (shape.axes.company is Company.PARTS)
    assert "practice accounts only" in path.read_text()


def test_the_example_of_the_manual_is_a_recipe() -> None:
    """RECIPES.md shows one whole file, and it loads."""
    text = (Path(methods.__file__).parent / "RECIPES.md").read_text()
    (example,) = re.findall(r"```yaml\n(format:.*?)```", text, re.DOTALL)
    recipe = load(example.encode(), "RECIPES.md")
    assert (recipe.scope, recipe.surface, recipe.needs_items) == (Scope.RECORDS, Surface.VOICE, True)
    assert len(recipe.steps) == 2


def test_the_digest_is_that_of_the_bytes() -> None:
    """A changed file is another method, even if only a comment changed."""
    raw = SHIPPED[0].read_bytes()
    assert digest(raw) == hashlib.sha256(raw).hexdigest()
    assert digest(raw + b"\n") != digest(raw)


def test_every_problem_is_listed_with_its_place() -> None:
    """Three mistakes in three places are three lines."""
    found = problems(Draft(batch=0, step={"body": {"json": KEY}, "colour": 1}, more={"surface": "radio"}))
    for place in ("batch", "surface", "steps.0.colour"):
        assert any(line.startswith(f"draft.yaml: {place}: ") for line in found), place


WRONG = {
    "no step": Draft(more={"steps": []}),
    "three steps": Draft(more={"steps": [FIRST, TICKET, TICKET]}),
    "method": Draft(step={"method": "TRACE", "body": {"json": KEY}}),
    "foreign path": json_draft(KEY, path="/api/x"),
    "absolute address": json_draft(KEY, path="https://www.amazon.de/alexa-privacy/x"),
    "climbing path": json_draft(KEY, path="/alexa-privacy/../x"),
    "query in the path": json_draft(KEY, path="/alexa-privacy/x?a=1"),
    "reserved header": json_draft(KEY, headers={"Cookie": "a=b"}),
    "header twice": json_draft(KEY, headers={"X-A": "1", "x-a": "2"}),
    "two bodies": Draft(step={"body": {"json": KEY, "form": []}}),
    "no body kind": Draft(step={"body": {"content_type": "text/plain"}}),
    "GET with a body": json_draft(KEY, method="GET"),
    "header in a content type": Draft(step={"body": {"json": KEY, "content_type": "a/b\r\nx: y"}}),
    "unknown placeholder": json_draft("{secret}"),
    "unknown placeholder in a member": json_draft({"{secret}": KEY}),
    "unknown directive": json_draft({"$every": "record", "value": KEY}),
    "directive with company": json_draft({"$int": "{timestamp}", "x": 1}),
    "number where text belongs": json_draft({"$base64": 5, "k": KEY}),
    "list in base64": json_draft({"$base64": [KEY]}),
    "fraction": json_draft({"k": KEY, "x": 1.5}),
    "each over nothing known": json_draft({"$each": "device", "value": KEY}),
    "list as a field": Draft(step={"query": [{"name": "k", "value": [KEY]}]}),
    "number as a field": Draft(step={"query": [{"name": "k", "value": 5}], "body": {"json": KEY}}),
    "int as a field": Draft(step={"query": [{"name": "k", "value": {"$int": "{timestamp}"}}]}),
    "records without a name": json_draft({"device": "{serial}"}),
    "nothing named at all": json_draft({"all": True}),
    "range without an end": json_draft({"from": "{start}"}, scope="range"),
    "range that names": json_draft({"a": "{start}", "b": "{end}", "k": KEY}, scope="range"),
    "everything that names": json_draft(KEY, scope="everything"),
    "records by range": json_draft({"k": KEY, "to": "{end}"}),
    "batch without a list": json_draft({"k": KEY}, batch=5),
    "batch in a path": Draft(batch=5, step={"path": "/alexa-privacy/{record_key}"}),
    "item without a list in a batch": json_draft(
        {"k": {"$each": "record", "value": KEY}, "i": "{item_key}"}, batch=2
    ),
    "own path unsaid": Draft(step={"path": "/graphql", "query": [{"name": "k", "value": KEY}]}),
    "own path to sign in": Draft(
        step={"path": "/ap/signin", "query": [{"name": "k", "value": KEY}]}, more={"own_path": True}
    ),
    "utterance in a list of items": json_draft(
        {"$each": "item", "value": "{item_key}{utterance_id}"}, batch=2
    ),
    "batch as text": json_draft(KEY, batch=1, csrf="no"),
    "ticket without a step": json_draft({"k": KEY, "t": "{ticket}"}),
    "ticket nobody takes": Draft(more={"steps": [FIRST]}),
    "ticket nobody gives": Draft(more={"steps": [{**FIRST, "ticket": None}, TICKET]}),
    "ticket nobody uses": Draft(more={"steps": [FIRST, {**TICKET, "body": {"json": {}}}]}),
    "ticket from two places": Draft(
        more={"steps": [{**FIRST, "ticket": {"json": "/t", "header": "t"}}, TICKET]}
    ),
    "answer of an error": json_draft(KEY),
    "answer without a status": json_draft(KEY),
    "pointer without a value": json_draft(KEY),
    "value without a pointer": json_draft(KEY),
}
ANSWERS = {
    "answer of an error": {"status": [200, 500]},
    "answer without a status": {"status": []},
    "pointer without a value": {"json": "/ok"},
    "value without a pointer": {"equals": True},
}


@pytest.mark.parametrize("what", WRONG)
def test_what_makes_no_sense_is_refused(what: str) -> None:
    """Before anything is ever sent."""
    draft = WRONG[what]
    if what in ANSWERS:
        draft = Draft(step={"body": {"json": KEY}}, more={"answer": ANSWERS[what]})
    problems(draft)


def test_the_sound_ones_beside_them_load() -> None:
    """The refusals above are for their mistake and not for the rest of the draft."""
    assert Draft(more={"steps": [FIRST, TICKET]}).recipe().steps[1].names == {"ticket"}
    assert json_draft(KEY).recipe().scope is Scope.RECORDS
    assert json_draft({"a": "{start}", "b": "{end}"}, scope="range").recipe().scope is Scope.RANGE
    assert json_draft({"all": True}, scope="everything").recipe().scope is Scope.EVERYTHING
    answer = {"status": [200, 204], "json": "/ok", "equals": True}
    assert Draft(step={"body": {"json": KEY}}, more={"answer": answer}).recipe().answer.equals is True


YAML_TRICKS = {
    "alias": b"a: &x 1\nb: *x\n",
    "duplicate key": b"name: a\nname: b\n",
    "key of several words": b"? [a]\n: b\n",
    "python object": b"!!python/object/apply:os.getcwd []\n",
    "deep": b"[" * 5000,
    "not UTF-8": b"name: \xff\n",
    "control character": b"name: \x01\n",
    "no such day": b"learned: {when: 2026-13-45}\n",
    "empty": b"",
    "two documents": b"a: 1\n---\nb: 2\n",
    "too large": b"#" * (MOST_BYTES + 1),
    "a list": b"- 1\n",
}


@pytest.mark.parametrize("trick", YAML_TRICKS)
def test_yaml_tricks_are_refused(trick: str) -> None:
    """One error of ours, whatever the file does."""
    problems(YAML_TRICKS[trick])


def test_an_alias_is_refused_for_itself() -> None:
    """Also in a recipe that would be sound with the text written out."""
    text = json.dumps(json_draft({"k": KEY, "l": KEY}).data())
    aliased = text.replace(f'"k": "{KEY}", "l": "{KEY}"', f'"k": &x "{KEY}", "l": *x')
    assert aliased != text
    assert "aliases are not allowed" in problems(aliased.encode())[0]


def test_words_stay_words() -> None:
    """No YAML 1.1 surprises: `no`, `on` and 12:30 are text, only true and false are not."""
    text = json.dumps(json_draft({"k": KEY}).data()).replace(
        '{"k": ', "{a: no, b: on, c: 12:30, d: true, k: "
    )
    recipe = load(text.encode(), "draft.yaml")
    body = recipe.steps[0].body
    assert body is not None
    assert body.json_value == {"a": "no", "b": "on", "c": "12:30", "d": True, "k": KEY}


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_a_recipe_or_refused(raw: bytes) -> None:
    """Nothing but our own error leaves the parser."""
    with pytest.raises(ConfigError):
        load(raw, "draft.yaml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([KEY, "{end}", "{"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["$each", "$json", "value", "name"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(st.data(), VALUES)
def test_a_mutated_recipe_loads_or_is_refused(data: st.DataObject, value: object) -> None:
    """Any one part replaced by anything: a recipe or our own error, never a crash."""
    whole = copy.deepcopy(Draft(more={"steps": [FIRST, TICKET], "answer": {"status": [200]}}).data())
    spot: object = whole
    while True:
        assert isinstance(spot, dict | list)
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        key = data.draw(st.sampled_from(keys))
        inner = spot[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            spot[key] = value
            break
        spot = inner
    try:
        load(json.dumps(whole, ensure_ascii=False).encode(errors="replace"), "draft.yaml")
    except ConfigError as error:
        assert error.problems  # noqa: PT017 - the other outcome is a recipe
