"""Traps of the demo: what the practice cloud does, what a trusting tool would say, what we must say. Data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model import Verdict


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap.

    Attributes:
        name: short, in lower case.
        story: what the service does, one sentence.
        verdict: what the run must end with.
        dials: dials of the practice cloud.
        fault: a fault of the second listing, as the practice cloud takes it; empty for none.
        on_request: the fault belongs to the deletion request instead.
    """

    name: str
    story: str
    verdict: Verdict
    dials: Mapping[str, object] = field(default_factory=dict)
    fault: Mapping[str, object] = field(default_factory=dict)
    on_request: bool = False


TRAPS = (
    Trap(
        "nothing happens",
        "Every deletion request is answered 200, and nothing is deleted.",
        Verdict.RESIDUAL,
        {"effect": "nothing"},
    ),
    Trap(
        "half a deletion",
        "Every second recording stays.",
        Verdict.RESIDUAL,
        {"effect": "half"},
    ),
    Trap(
        "the words stay",
        "The audio goes, the transcript stays.",
        Verdict.RESIDUAL,
        {"effect": "text_survives"},
    ),
    Trap(
        "only one page is clean",
        "The recordings leave the voice history and stay in the activity history.",
        Verdict.RESIDUAL,
        {"effect": "voice_only"},
    ),
    Trap(
        "a new row with the old words",
        "Each row goes, and a new one with the same words stands in its place.",
        Verdict.RESIDUAL,
        {"effect": "replace_row"},
    ),
    Trap(
        "too much",
        "One recording that had to stay vanishes as well.",
        Verdict.BLOCKED,
        {"over_delete": 1},
    ),
    Trap(
        "a list that is none",
        "The second listing answers with an empty list that is not a list.",
        Verdict.UNVERIFIABLE,
        fault={"kind": "null_list"},
    ),
    Trap(
        "a circle",
        "The second listing leads in a circle and never ends.",
        Verdict.UNVERIFIABLE,
        fault={"kind": "token_loop"},
    ),
    Trap(
        "a friendly page",
        "The second listing answers 200 with a web page.",
        Verdict.DRIFTED,
        fault={"kind": "html"},
    ),
    Trap(
        "signed out",
        "The second listing answers 200 with a sign-in page.",
        Verdict.BLOCKED,
        fault={"kind": "sign_in_page"},
    ),
    Trap(
        "slow down",
        'The second listing answers 200 and says "Rate exceeded".',
        Verdict.THROTTLED,
        fault={"kind": "throttle_200"},
    ),
    Trap(
        "no answer",
        "The deletion is carried out, but the connection breaks before the answer.",
        Verdict.VERIFIED,
        fault={"kind": "reset_after", "times": 1},
        on_request=True,
    ),
)
