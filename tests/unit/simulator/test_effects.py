"""Each effect of an accepted deletion, seen on the world itself."""

from agent.simulator import effects
from agent.simulator.recording import Recording
from agent.simulator.scenario import Dials
from agent.simulator.shapes import shape
from agent.simulator.world import World

NOW = 1_800_000_000_000


def world(**dials: object) -> World:
    return World.create(
        seed=5,
        recordings=40,
        shape=shape("json-batch"),
        dials=Dials.model_validate(dials),
        domain="amazon.de",
        start_ms=NOW,
    )


def utterances(made: World) -> list[Recording]:
    return [row for row in made.rows if row.sort == "utterance"]


def shown(made: World, surface: str) -> set[str]:
    now = made.now()
    return {row.key for row in made.rows if surface in row.surfaces and row.visible(surface, now)}


def delete(made: World, count: int = 10) -> list[Recording]:
    """Deletes the oldest `count` utterances; what was named."""
    named = utterances(made)[:count]
    effects.carry_out(made, named)
    return named


def test_honest_removes_what_was_named_and_nothing_else() -> None:
    """Named rows go from both surfaces, all others stay, and every change is written down."""
    made = world()
    before = shown(made, "activity")
    named = {row.key for row in delete(made)}
    assert shown(made, "activity") == before - named
    assert not shown(made, "voice") & named
    assert {(each.key, each.surface) for each in made.mutations} == {
        (key, surface) for key in named for surface in ("voice", "activity")
    }


def test_nothing_accepts_and_does_nothing() -> None:
    """The lie of ten months: accepted, and everything is still there."""
    made = world(effect="nothing")
    before = shown(made, "voice")
    delete(made)
    assert shown(made, "voice") == before
    assert made.accepted == 1


def test_half_removes_every_second_one() -> None:
    """Exactly half of ten are gone."""
    made = world(effect="half")
    named = {row.key for row in delete(made)}
    assert len(shown(made, "voice") & named) == 5


def test_text_survives_without_audio_and_utterance_ids() -> None:
    """The row and its words stay, its audio goes."""
    made = world(effect="text_survives")
    named = delete(made)
    assert {row.key for row in named} <= shown(made, "voice")
    assert not any(row.has_audio(made.now()) or row.utterance_ids(made.now()) for row in named)


def test_voice_only_leaves_the_activity_surface_as_it_was() -> None:
    """Clean on one surface, full on the other."""
    made = world(effect="voice_only")
    named = {row.key for row in delete(made)}
    assert not shown(made, "voice") & named
    assert named <= shown(made, "activity")


def test_replace_row_puts_a_twin_one_millisecond_later() -> None:
    """The key is gone, the words are back under a new key, and again when the twin is deleted."""
    made = world(effect="replace_row")
    row = delete(made, 1)[0]
    twin = next(each for each in made.rows if each.at == row.at + 1)
    assert row.key not in shown(made, "voice")
    assert twin.key in shown(made, "voice")
    assert (twin.text, twin.key != row.key) == (row.text, True)
    effects.carry_out(made, [twin])
    assert twin.key not in shown(made, "voice")


def test_move_row_keeps_the_row_under_another_device() -> None:
    """What was named stays under its key and is shown with the other device."""
    made = world(effect="move_row", move_to="Kids room")
    named = delete(made)
    assert {row.key for row in named} <= shown(made, "voice")
    assert {row.device_at(made.now()).name for row in named} == {"Kids room"}


def test_a_delayed_deletion_shows_late_and_asking_again_does_not_put_it_off() -> None:
    """Gone only after the delay, counted from the first request."""
    made = world(delay_until_gone_ms=300_000)
    named = {row.key for row in delete(made)}
    made.clock.advance(200_000)
    assert named <= shown(made, "voice")
    delete(made)
    made.clock.advance(100_000)
    assert not named & shown(made, "voice")


def test_a_deleted_row_can_come_back() -> None:
    """Gone, then there again after the time set; deleted again, it goes again."""
    made = world(reappear_after_ms=60_000)
    named = {row.key for row in delete(made)}
    assert not named & shown(made, "voice")
    made.clock.advance(60_000)
    assert named <= shown(made, "voice")
    delete(made)
    assert not named & shown(made, "voice")


def test_over_deletion_takes_rows_nobody_named_once() -> None:
    """So many more vanish with the first deletion, of the wished device, and none with the second."""
    made = world(over_delete=2, over_delete_device="Kids room")
    before = shown(made, "activity")
    named = {row.key for row in delete(made)}
    extra = before - named - shown(made, "activity")
    assert len(extra) == 2
    assert {row.device.name for row in made.rows if row.key in extra} == {"Kids room"}
    left = shown(made, "activity")
    effects.carry_out(made, [])
    assert shown(made, "activity") == left


def test_over_deletion_without_a_device_takes_the_newest() -> None:
    """What a policy most likely keeps is what vanishes."""
    made = world(over_delete=1)
    newest = max((row for row in made.rows if row.key), key=lambda row: row.at)
    delete(made)
    assert newest.key not in shown(made, "activity")


def test_kept_rows_can_change_their_device() -> None:
    """Rows nobody named are shown under another device after the first deletion."""
    made = world(move_kept=3, move_to="Office")
    named = {row.key for row in delete(made)}
    moved = [row for row in made.rows if row.shown_device is not None]
    assert len(moved) == 3
    assert not named & {row.key for row in moved}
    assert {row.device_at(made.now()).name for row in moved} == {"Office"}


def test_devices_can_be_renamed_after_the_first_deletion_or_at_once() -> None:
    """The new name shows when the dial says so; the serial never changes."""
    later = world(rename_devices={"Kids room": "Den"})
    device = later.device("Kids room")
    assert later.named(device) == "Kids room"
    delete(later)
    assert later.named(device) == "Den"
    assert world(rename_devices={"Kids room": "Den"}, rename_after_delete=False).named(device) == "Den"
