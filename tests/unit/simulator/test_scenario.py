import json
from pathlib import Path

import pytest

from agent.errors import UsageError
from agent.simulator import faults
from agent.simulator.effects import EFFECTS
from agent.simulator.scenario import Dials, Effect, Fault, Kind, dials_file, dials_from


def test_an_unknown_dial_or_fault_is_refused_with_its_place() -> None:
    """A scenario with a mistake never runs as something else."""
    with pytest.raises(UsageError, match="efect"):
        dials_from({"efect": "half"})
    with pytest.raises(UsageError, match=r"faults\.0\.kind"):
        dials_from({"faults": [{"kind": "earthquake"}]})
    with pytest.raises(UsageError, match=r"faults\.0\.times"):
        dials_from({"faults": [{"kind": "html", "times": 0}]})


def test_a_scenario_file_holds_the_same_as_the_dials(tmp_path: Path) -> None:
    """A file says what code says; one that cannot be read or parsed is a usage error."""
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"effect": "half", "faults": [{"kind": "html", "on": "voice"}]}))
    assert dials_file(file).effect is Effect.HALF
    assert dials_file(file).faults[0].kind is Kind.HTML
    file.write_text("{")
    with pytest.raises(UsageError, match="not valid"):
        dials_file(file)
    with pytest.raises(UsageError, match="cannot be read"):
        dials_file(tmp_path / "none.json")


def test_changing_one_dial_leaves_the_others() -> None:
    """`changed` replaces only what it names."""
    dials = Dials(effect=Effect.HALF, faults=(Fault(kind=Kind.HTML),))
    after = dials.changed({"over_delete": 2})
    assert (after.effect, after.over_delete, after.faults) == (Effect.HALF, 2, dials.faults)


def test_every_kind_of_fault_and_every_effect_is_carried_out_somewhere() -> None:
    """No dial is a name without a deed: each kind belongs to exactly one stage."""
    assert sorted(kind for stage in faults.STAGES for kind in stage) == sorted(Kind)
    assert set(EFFECTS) == set(Effect)


def test_every_dial_says_what_it_is() -> None:
    """Each dial and each limit of a fault carries a description, but for those whose values describe them."""
    described = {**Dials.model_fields, **Fault.model_fields}
    plain = {"effect", "faults", "kind"}
    assert all(field.description for name, field in described.items() if name not in plain)
