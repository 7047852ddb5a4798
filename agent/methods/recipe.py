"""The recipe format: YAML text to `Recipe`, or every problem at once. Pure.

RECIPES.md describes the format. A recipe holds no secret and nothing personal: whatever differs between
people is a placeholder.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from agent.errors import ConfigError
from agent.methods import template as language
from agent.methods.bounds import HEADER_NAME, RESERVED_HEADERS, problem_of_path
from agent.methods.placeholders import field_problems, json_problems, texts, unbound
from agent.model import Scope, Surface

MOST_BYTES = 64_000
_NAMING = frozenset({"record_key", "timestamp"})


def _text(value: object) -> object:
    if isinstance(value, str):
        language.parse(value)  # TemplateError is a ValueError: it becomes a problem with its place
    return value


def _field(value: object) -> object:
    problems = tuple(field_problems(value))
    if problems:
        raise ValueError("; ".join(problems))
    return value


def _scope(value: Scope) -> Scope:
    if value is Scope.DAY:
        raise ValueError("a recipe has no scope day")
    return value


FieldText = Annotated[Any, BeforeValidator(_field)]
Text = Annotated[str, BeforeValidator(_text), Field(max_length=4000)]
Each = Literal["record", "item", "utterance"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Pair(_Part):
    """A query, form or multipart field; `each` repeats it for every record, item or utterance."""

    name: Text
    value: FieldText
    each: Each | None = None


class Ticket(_Part):
    """Where the first answer carries what the second step needs: a JSON pointer (RFC 6901) or a header."""

    pointer: str | None = Field(None, alias="json", pattern=r"^(/[^/]+)+$")
    header: str | None = Field(None, pattern=r"^[a-z0-9-]+$")

    @model_validator(mode="after")
    def _one(self) -> "Ticket":
        if (self.pointer is None) == (self.header is None):
            raise ValueError("name either json or header")
        return self


class Body(_Part):
    """The body in exactly one encoding. JSON values may hold directives, see RECIPES.md."""

    json_value: Any = Field(None, alias="json")
    form: tuple[Pair, ...] | None = None
    multipart: tuple[Pair, ...] | None = None
    text: FieldText | None = None
    content_type: str | None = Field(None, pattern=r"^[a-z]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$")

    @model_validator(mode="after")
    def _one(self) -> "Body":
        if len(self.model_fields_set - {"content_type"}) != 1:
            raise ValueError("name one of json, form, multipart and text")
        if self.multipart is not None and self.content_type is not None:
            raise ValueError("multipart has its own content type")
        problems = tuple(json_problems(self.json_value))
        if problems:
            raise ValueError("; ".join(problems))
        return self


class Step(_Part):
    """One request."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Text
    query: tuple[Pair, ...] = ()
    headers: dict[str, Text] = Field(default_factory=dict)
    csrf: StrictBool = True  # whether the anti-CSRF token goes into its usual header
    body: Body | None = None
    ticket: Ticket | None = None

    @model_validator(mode="after")
    def _in_bounds(self) -> "Step":
        problem = self.problem_of_path(own_path=True)
        if problem is not None:
            raise ValueError(f"path: {problem}")
        for name in self.headers:
            if not HEADER_NAME.fullmatch(name) or name.lower() in RESERVED_HEADERS:
                raise ValueError("a header that a recipe may not set")
        if len({name.lower() for name in self.headers}) != len(self.headers):
            raise ValueError("a header stands twice")
        if self.method == "GET" and self.body is not None:
            raise ValueError("a GET has no body")
        return self

    def problem_of_path(self, *, own_path: bool) -> str | None:
        """Why this path may never be addressed, whatever is filled in; None if it may."""
        probe = language.parse(self.path).render(dict.fromkeys(language.NAMES, "1"))
        return problem_of_path(probe, own_path=own_path)

    @property
    def in_seconds(self) -> bool:
        """Whether any time is cut to seconds."""
        return any(language.parse(text).in_seconds for text in texts(self))

    @property
    def names(self) -> frozenset[str]:
        """Placeholders anywhere in this request."""
        return frozenset(name for text in texts(self) for name in language.parse(text).names)


class Answer(_Part):
    """What an accepted request looks like. It proves nothing; it only tells a refusal apart."""

    status: tuple[Annotated[int, Field(ge=200, le=299, strict=True)], ...] = Field(
        default=(200,), min_length=1
    )
    pointer: str | None = Field(None, alias="json", pattern=r"^(/[^/]+)+$")
    equals: StrictStr | StrictInt | StrictBool | None = None
    page: StrictBool = False  # whether a yes may come as an HTML page

    @model_validator(mode="after")
    def _whole(self) -> "Answer":
        if (self.pointer is None) == ("equals" in self.model_fields_set):
            raise ValueError("json and equals belong together")
        return self


class Learned(_Part):
    """Where a recipe comes from."""

    when: date
    marketplace: str
    source: str = Field(alias="from", max_length=200)


class Recipe(_Part):
    """A deletion method as data."""

    format: Literal["voicepurge-recipe/1"]
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,47}$")
    scope: Annotated[Scope, Field(strict=False), AfterValidator(_scope)]
    surface: Annotated[Surface, Field(strict=False)]
    batch: int = Field(1, ge=1, le=100, strict=True)
    own_path: StrictBool = False  # outside the privacy pages; only ever from the owner's own capture
    steps: tuple[Step, ...] = Field(min_length=1, max_length=2)
    answer: Answer = Answer(json=None)
    learned: Learned

    @model_validator(mode="after")
    def _fits_together(self) -> "Recipe":
        problems = tuple(_misfits(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def by_items(self) -> bool:
        """Whether it names recordings by their parts alone."""
        return self.needs_items and not any(step.names & _NAMING for step in self.steps)

    @property
    def needs_items(self) -> bool:
        """Whether it names parts of recordings."""
        return any(step.names & language.ITEM for step in self.steps)


def digest(raw: bytes) -> str:
    """Hex SHA-256 of the file: another file is another method."""
    return hashlib.sha256(raw).hexdigest()


def load(raw: bytes, name: str, *, shared: bool = False) -> Recipe:
    """Reads a recipe file.

    Args:
        raw: its bytes.
        name: what to call it in messages.
        shared: whether it comes from somebody else; then it may only address the privacy pages.

    Raises:
        ConfigError: `problems` holds every one as `name: place: what`, without any value.
    """
    try:
        if len(raw) > MOST_BYTES:
            raise ValueError("larger than 64 kB")  # noqa: TRY301 - one way out for all of them
        document = yaml.load(raw.decode(), Loader=_Loader)  # noqa: S506 - a SafeLoader that allows less
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        what = str(error) if isinstance(error, language.TemplateError) else _short(error)
        raise ConfigError(f"{name} is no recipe: {what}", problems=(f"{name}: {what}",)) from None
    try:
        recipe = Recipe.model_validate(document)
    except ValidationError as error:
        problems = tuple(f"{name}: {_place(each['loc'])}: {each['msg']}" for each in error.errors())
        raise ConfigError(f"{name} is no recipe.", problems=problems) from None
    if shared and recipe.own_path:
        what = f"{name}: own_path: a path outside the privacy pages is taken from your own capture only"
        raise ConfigError(f"{name} may not be taken over.", problems=(what,))
    return recipe


def _short(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark is not None else ""
    if isinstance(error, yaml.YAMLError):
        return f"{where}{getattr(error, 'problem', None) or 'not YAML'}"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _place(path: tuple[int | str, ...]) -> str:
    return ".".join(map(str, path)) or "recipe"


class _Loader(yaml.SafeLoader):
    """Strict: no aliases, no duplicate keys, and only null, true, false, integers and dates are not text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {  # noqa: RUF012 - PyYAML's way
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:timestamp")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's signature
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - same
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, "a key stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _resolver(tag: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


_resolver("bool", r"^(?:true|false)$", "tf")
_resolver("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789")
_resolver("float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$", "-0123456789")  # to be refused: quote it


def _misfits(recipe: Recipe) -> Iterator[str]:
    """Rules that no single part can check."""
    for number, step in enumerate(recipe.steps):
        problem = step.problem_of_path(own_path=recipe.own_path)
        if problem is not None:
            yield f"steps.{number}.path: {problem}"
    first, last = recipe.steps[0], recipe.steps[-1]
    two = len(recipe.steps) == 2  # noqa: PLR2004 - one step or two
    names = frozenset(name for step in recipe.steps for name in step.names)
    if (first.ticket is not None) != two or (two and last.ticket is not None):
        yield "with two steps, the first and only the first says where the ticket is"
    if "ticket" in first.names or (two and "ticket" not in last.names):
        yield "{ticket} stands in the second step"
    if recipe.scope is Scope.RECORDS and not names & (_NAMING | language.ITEM):
        yield "scope records needs a placeholder that names recordings"
    if recipe.scope is not Scope.RECORDS and names & (language.RECORD | language.ITEM):
        yield "only scope records names recordings"
    if recipe.scope is Scope.RANGE and not {"start", "end"} <= names:
        yield "scope range needs {start} and {end}"
    if recipe.scope is not Scope.RANGE and names & {"start", "end"}:
        yield "{start} and {end} belong to scope range"
    alone = frozenset(unbound(recipe.steps))
    if alone and recipe.scope is Scope.RECORDS and recipe.batch > 1:
        yield "with a batch, placeholders of a recording stand where something repeats for each record"
