"""The program with a bug: it fails on what was said, in the middle of a run and in a task nobody awaits.

`python -m tests.support.buggy ARGUMENTS` instead of `python -m agent ARGUMENTS`.
"""

import asyncio
import gc
import sys
from collections.abc import Sequence

from agent import wiring
from agent.alexa.history import AmazonHistory
from agent.cli.app import run_command
from agent.model import Listing, Recording, Surface, Window
from agent.ports import Progress


class BuggyHistory(AmazonHistory):
    """Chokes on a row it really got from the other side."""

    async def listing(
        self,
        window: Window,
        surfaces: Sequence[Surface],
        *,
        items: bool = False,
        text: bool = False,
        progress: Progress,
    ) -> Listing:
        """Raises with everything private that a row holds."""
        found = await super().listing(window, surfaces, items=items, text=True, progress=progress)
        row = next(one for one in found.recordings.values() if one.text)
        forgotten = asyncio.get_running_loop().create_task(_choke(row))
        await asyncio.sleep(0.05)
        del forgotten
        gc.collect()
        try:
            await _choke(row)
        except ValueError as error:
            raise RuntimeError(f"while looking at {row.text}") from error
        return found


async def _choke(row: Recording) -> None:
    raise ValueError(f"{row.key} on {row.serials} said {row.text}")


if __name__ == "__main__":
    setattr(wiring, "AmazonHistory", BuggyHistory)  # noqa: B010 - the bug, unknown to the type checker
    raise SystemExit(run_command(sys.argv[1:]))
