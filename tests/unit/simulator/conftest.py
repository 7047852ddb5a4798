"""A practice cloud and a signed-in browser for each test that asks."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from agent.simulator.server import running
from agent.simulator.shapes import Shape
from tests.support.practice_client import Browser, Opener


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Starts practice clouds; each is gone at the end. Takes what `running` takes, and dials by name."""
    with ExitStack() as stack:

        def start(
            shape: str | Shape = "json-batch",
            recordings: int = 60,
            seed: int = 7,
            **dials: Any,  # noqa: ANN401 - dials are of any type
        ) -> Browser:
            cloud = stack.enter_context(running(shape=shape, recordings=recordings, seed=seed, dials=dials))
            return stack.enter_context(Browser(cloud)).sign_in()

        yield start
