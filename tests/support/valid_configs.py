"""Valid configurations of every kind, as plain data and as text in the many ways YAML has."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Data = dict[str, Any]

_NAMES = st.sampled_from(["home", "x", "y", "on", "no", "null", "flat-2", "a-" + "z9" * 15])
_REFERENCES = st.sampled_from(["{credential:ntfy-url}", "{credential:a}", "{credential:b-2}"])
_DURATIONS = st.sampled_from(["0s", "90m", "24h", "3d", "2w", "100d"])
_DEVICES = st.lists(st.text(min_size=1, max_size=20).filter(str.strip), max_size=3, unique=True)
_SCHEDULES = st.one_of(
    st.sampled_from(["15m", "6h", "1d", "3d"]).map(lambda every: {"every": every}),
    st.fixed_dictionaries(
        {"at": st.sampled_from(["03:10", "00:00", "23:59"])},
        optional={
            "days": st.lists(st.sampled_from(["mon", "thu", "sun"]), min_size=1, max_size=3, unique=True)
        },
    ),
    st.sampled_from(["10 3 * * *", "0 */6 1,15 * *", "5 4 * jan-mar 0,7"]).map(lambda line: {"cron": line}),
)
_METHODS = st.lists(
    st.sampled_from(["learned", "phrase", "recipe:mine", "recipe:1-2"]),
    max_size=3,
    unique=True,
)


def _account(*, practice: bool) -> st.SearchStrategy[Data]:
    place = {"url": "https://127.0.0.1:8443", "ca": "/etc/ssl/practice ca.pem"}
    return st.fixed_dictionaries(
        {
            "marketplace": st.sampled_from(["amazon.de", "amazon.com"]),
            "keep_for": _DURATIONS,
            **({"practice": st.just(place)} if practice else {}),
        },
        optional={
            "keep_devices": _DEVICES,
            "surfaces": st.sampled_from([["voice"], ["activity", "voice"]]),
            "schedule": _SCHEDULES,
            "jitter": st.sampled_from(["0s", "1m", "899s"]),
            "catch_up": _DURATIONS,
            "methods": _METHODS,
            "phrase": st.sampled_from(["Kitchen", "Küche 2"]).map(lambda name: {"device": name}),
            "confirm_over": st.integers(0, 10**17),
        },
    )


VALID: st.SearchStrategy[Data] = st.booleans().flatmap(
    lambda practice: st.fixed_dictionaries(
        {
            "version": st.just(1),
            "timezone": st.sampled_from(
                ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]
            ),
            "accounts": st.dictionaries(_NAMES, _account(practice=practice), min_size=1, max_size=3),
        },
        optional={
            "verify": st.sampled_from([["30s"], ["45s", "2m", "1d"], *([["0s"]] if practice else [])]).map(
                lambda waits: {"recheck": waits}
            ),
            "limits": st.fixed_dictionaries(
                {},
                optional={
                    "requests_per_second": st.floats(0.001, 10) | st.integers(1, 10),
                    "concurrency": st.integers(1, 64),
                    "run_timeout": st.sampled_from(["1m", "2h"]),
                },
            ),
            "credentials": st.sampled_from(
                [
                    {"backend": "systemd"},
                    {"backend": "keyring"},
                    {},
                    {"backend": "file", "key_file": "/k/e y"},
                ]
            ),
            "notify": st.fixed_dictionaries(
                {},
                optional={
                    "when": st.lists(st.sampled_from(["residual", "missed"]), unique=True),
                    "urls": st.lists(_REFERENCES, max_size=2, unique=True),
                },
            ),
            "healthchecks": _REFERENCES.map(lambda url: {"url": url}),
            "metrics": st.booleans().map(lambda on: {"textfile": on}),
            "report": st.booleans().map(lambda on: {"html": on}),
        },
    )
)
"""Data `agent.settings.parse` accepts once it is written down."""


def quoted(text: str) -> str:
    """A string in double quotes, every unusual character escaped."""
    known = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in known) + '"'


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)}: {_flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def _block(value: object, indent: int, flow_from: int) -> str:
    if indent >= flow_from or not value or not isinstance(value, Mapping | list):
        return " " + _flow(value) + "\n"
    pad = "  " * indent
    if isinstance(value, Mapping):
        lines = (f"{pad}{key}:{_block(below, indent + 1, flow_from)}" for key, below in value.items())
    else:
        lines = (f"{pad}-{_block(below, indent + 1, flow_from)}" for below in value)
    return "\n" + "".join(lines)


def as_yaml(data: Data, flow_from: int) -> str:
    """The data as text: block style down to a depth, flow style from there on."""
    return _block(data, 0, flow_from).lstrip("\n")


TEXTS: st.SearchStrategy[str] = st.builds(as_yaml, VALID, st.integers(0, 5))
"""The same as text."""
