import time

import pytest

from tests.support.config_text import config, problems, read

TOP = {
    "": "1:1: the file is empty",
    "# only a comment\n": "1:1: the file is empty",
    "null": "1:1: the file is empty",
    "- a": "1:1: must be a list of `key: value` lines",
    "words": "1:1: must be a list of `key: value` lines",
    "---\na: 1\n---\nb: 2\n": "3:1: a second document begins",
    "\ta: 1": "1:1: a tab in the indentation",
    "a:\n  \tb: 1": "2:1: a tab in the indentation",
    "a:\tb": "1:3: a tab",
    "a: b: c": "1:5: a `:` where none can be",
    "x: [1, 2\ny: 3": "1:4: a bracket is not closed here",
    'x: "abc\n': "1:4: a quote is not closed",
    "cron: * * * * *": "1:8: a value cannot begin with * or &",
    "a: @x": "1:4: this character cannot begin a value",
    "%YAML 1.1\n---\na: 1": "1:1: a directive (%)",
    "a: \x1b": "1:4: a control character",
    'a: "\\q"': "1:6: an unknown escape in double quotes",
    'a: "\\U7fffffff"': "1:7: an escape that is no character",
    "a: 1\n b: 2": "2:3: a `:` where none can be",
    "[" * 5000: "1:17: nested more than 16 levels deep",
    "a: " + "{a: " * 5000: "1:61: nested more than 16 levels deep",
    "- " * 5000: "1:33: nested more than 16 levels deep",
}


@pytest.mark.parametrize(("text", "problem"), TOP.items(), ids=range(len(TOP)))
def test_what_cannot_be_read_is_one_problem_at_its_place(text: str, problem: str) -> None:
    """Broken YAML is refused with one sentence of ours at the right line and column."""
    (found,) = problems(text)
    assert found.startswith(f"c.yaml:{problem}")


INSIDE = {
    "keep_for: 2d": "4:48: accounts.home.keep_for: a second time the same key",
    "schedule: {at: 03:10}": "4:63: accounts.home.schedule.at: a time or number with `:` (quote the time",
    "schedule: {at: 12:30}": "4:63: accounts.home.schedule.at: a time or number with `:` (quote the time",
    "keep_devices: [22:15:00]": "4:63: accounts.home.keep_devices[0]: a time or number with `:`",
    "keep_devices: [~]": "4:63: accounts.home.keep_devices[0]: has no value",
    "practice:": "4:48: accounts.home.practice: has no value",
    "methods: &all [learned]": "4:57: an anchor (&)",
    "methods: !!set {learned}": "4:57: a tag",
    "<<: {a: 1}": "4:48: accounts.home: a merge key (<<)",
    "[a]: 1": "4:48: accounts.home: a key must be one word",
    '"": 1': "4:48: accounts.home: a key must be one word",
    'keep_devices: ["\\ud800"]': "4:63: accounts.home.keep_devices[0]: an escape that is no character",
}


@pytest.mark.parametrize(("line", "problem"), INSIDE.items(), ids=INSIDE)
def test_what_is_ambiguous_is_refused_at_its_place(line: str, problem: str) -> None:
    """Duplicates, unquoted times, nothing, anchors, tags and merge keys, each where it stands."""
    assert any(found.startswith(f"c.yaml:{problem}") for found in problems(config(line)))


def test_an_alias_is_refused_and_never_expanded() -> None:
    """A bomb of aliases costs nothing: none of them is followed."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.process_time()
    found = problems(config(rest="\n".join(lines)))
    assert time.process_time() - started < 5
    assert sum("an alias (*)" in one for one in found) == 110
    assert sum("an anchor (&)" in one for one in found) == 12


def test_a_file_of_thousands_of_values_is_another_file() -> None:
    """Reading stops at the first value too many, at its place, so that no file takes long."""
    names = ", ".join(f"d{n}" for n in range(6000))
    (found,) = problems(config(f"keep_devices: [{names}]"))
    assert found.startswith("c.yaml:4:") and "more than 5000 values" in found
    assert problems(config(f"keep_devices: [{', '.join(f'd{n}' for n in range(4900))}]")) == ()


@pytest.mark.parametrize("text", ["\ta: 1\n" * 30_000, "%x\n" * 30_000, config(rest="k{}: 1\n" * 400)])
def test_hundreds_of_problems_are_not_told_one_by_one(text: str) -> None:
    """The first 200 with their places, then where the others begin."""
    found = problems(text)
    assert len(found) == 201
    assert found[-1].endswith("more problems from here on")
    assert not any("more problems" in one for one in found[:-1])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_place_is_the_same_whatever_ends_a_line(end: str) -> None:
    """Files of all systems; a problem found before reading counts lines as one found after it."""
    assert problems(end.join(["a: 1", "b: 2", "c: \x1b"]))[0].startswith("c.yaml:3:4: a control")
    assert problems(end.join(["a: 1", "b: 2", "c: @x"]))[0].startswith("c.yaml:3:4: ")


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "2026-11-24", "1_000", "0b1", "1e3x"])
def test_words_of_yaml_1_1_are_just_words(word: str) -> None:
    """What YAML 1.1 takes for a boolean, date or number is text, as YAML 1.2's core schema says."""
    assert read(config(f"keep_devices: [{word}]")).accounts["home"].keep_devices == (word,)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "'true'", "1"])
def test_only_true_and_false_are_booleans(word: str) -> None:
    """A word that merely sounds like yes is refused with what to write."""
    (found,) = problems(config(rest=f"metrics: {{textfile: {word}}}"))
    assert "must be true or false" in found


@pytest.mark.parametrize(
    ("number", "value"), [("0x10", 16), ("0o17", 15), ("+7", 7), ("1000", 1000), ("010", 10)]
)
def test_whole_numbers_of_the_core_schema(number: str, value: int) -> None:
    """Decimal, 0x and 0o; a leading zero is no octal."""
    assert read(config(f"confirm_over: {number}")).accounts["home"].confirm_over == value


def test_a_huge_number_is_a_problem_and_no_crash() -> None:
    """Python refuses to read 5,000 digits; we say it is no number."""
    assert len(problems(config("confirm_over: " + "9" * 5000))) == 1
    assert len(problems(config(rest="limits: {requests_per_second: 1e999}"))) == 1
