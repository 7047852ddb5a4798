"""YAML text to one tree of nodes, with everything ambiguous or dangerous refused.

No anchor, alias, tag or directive, one document, at most `MAX_DEPTH` levels and `MAX_VALUES` values. What
a plain word means is left to `plain`: the loader here resolves nothing, so YAML 1.1 surprises cannot happen.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml
from yaml.reader import Reader

from agent.settings.problem import MOST_PROBLEMS, Lines, Problem, Spot

MAX_DEPTH = 16
"""More levels than any configuration of ours has."""

MAX_VALUES = 5000
"""More keys and values than any configuration of ours has; reading more would take seconds."""

ALIAS_TAG = "!refused-alias"
"""Tag of the node that stands where an alias stood; the problem is already noted."""

_TAB = re.compile(r"^ *\t[ \t]*(?=[^\s])", re.MULTILINE)
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)

# What PyYAML says (its own words may quote the file) and what we say instead.
_SYNTAX = (
    ("'\\t' that cannot start", "a tab", "use spaces"),
    ("cannot start any token", "this character cannot begin a value", "put the value in quotes"),
    ("mapping values are not allowed", "a `:` where none can be", "check the indentation, quote the value"),
    ("could not find expected ':'", "a key without `:`", "write `key: value`, with a space"),
    ("expected alphabetic or numeric", "a value cannot begin with * or &", "put it in quotes"),
    ("expected <block end>", "the indentation does not fit", "line it up with its neighbours"),
    ("expected ',' or", "a bracket is not closed here or a comma is missing", ""),
    ("unexpected end of stream", "a quote is not closed", ""),
    ("escape", "an unknown escape in double quotes", "use single quotes"),
    ("expected a single document", "a second document begins", "one file holds one document"),
    ("expected '<document start>'", "a second document begins", "one file holds one document"),
    ("tag", "a tag", "remove the `!` or quote the value"),
)


class _Stop(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """Reading on makes no sense; the problem is noted."""


class _Loader(yaml.SafeLoader):
    """Composes nodes and notes problems on the way; every scalar stays text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own class attribute

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[Problem] = []
        self.depth = 0
        self.values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Composes one node, unless it would be an alias, too deep or one too many."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call] # the stubs say nothing of it
        self.values += 1
        if self.values > MAX_VALUES:
            self.note(event.start_mark, f"more than {MAX_VALUES} values", "is this the right file?")
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call] # same
            self.note(event.start_mark, "an alias (*)", "write the value out, or quote it")
            start: Any = event.start_mark
            return yaml.ScalarNode(ALIAS_TAG, "", start, start)
        if event.anchor is not None:
            self.note(event.start_mark, "an anchor (&)", "remove it, or quote the value")
            event.anchor = None
        if event.tag is not None:
            self.note(event.start_mark, "a tag", "remove the `!` or quote the value")
            event.tag = None
            if isinstance(event, yaml.ScalarEvent):
                event.implicit = (True, True)
        if self.depth >= MAX_DEPTH:
            self.note(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
            raise _Stop
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def note(self, mark: object, message: str, proposal: str = "") -> None:
        self.problems.append(Problem(spot_of(mark), "", message, proposal))


def spot_of(mark: object) -> Spot:
    """Our place for a PyYAML mark; the top of the file where there is none."""
    if not isinstance(mark, yaml.Mark):
        return Spot()
    return Spot(mark.line + 1, mark.column + 1)


def compose(text: str) -> tuple[yaml.Node | None, list[Problem]]:
    """Reads `text` as one YAML document.

    Returns:
        The root node, or None where there is none or reading had to stop; and what is wrong so far.
    """
    problems = list(_before(text))
    if problems:
        return None, problems
    loader = _Loader(text)
    try:
        return loader.get_single_node(), loader.problems
    except _Stop:
        return None, loader.problems
    except yaml.MarkedYAMLError as error:
        return None, [*loader.problems, _explained(error)]
    except (ValueError, OverflowError):  # PyYAML lets these escape for "\U7fffffff" (seen with 6.0.3)
        loader.note(loader.get_mark(), "an escape that is no character", "use single quotes")
        return None, loader.problems
    finally:
        loader.dispose()


def _before(text: str) -> Iterator[Problem]:
    """What can be said without parsing, and would only confuse the parser."""
    checks = (
        (Reader.NON_PRINTABLE, "a control character", "remove it"),
        (_TAB, "a tab in the indentation", "use spaces"),
        (_DIRECTIVE, "a directive (%)", "remove the line"),
    )
    lines = Lines(text)
    for pattern, message, proposal in checks:
        for found in islice(pattern.finditer(text), MOST_PROBLEMS + 1):
            yield Problem(lines.spot(found.start()), "", message, proposal)
            if pattern is Reader.NON_PRINTABLE:
                return  # a binary file would fill the screen


def _explained(error: yaml.MarkedYAMLError) -> Problem:
    said = f"{error.problem or ''} {error.context or ''}"
    mark = error.problem_mark or error.context_mark
    if error.context_mark and ("end of stream" in said or "expected ',' or" in said):
        mark = error.context_mark  # where it was opened helps more than where the file ends
    for fragment, message, proposal in _SYNTAX:
        if fragment in said:
            return Problem(spot_of(mark), "", message, proposal)
    return Problem(spot_of(mark), "", "this is not valid YAML", "check brackets, quotes and indentation")
