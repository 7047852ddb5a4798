"""`voicepurge daemon`: runs on schedule until it is told to stop."""

import asyncio
import logging
import os
import sys
import threading

from agent.cli.output import Output
from agent.clock import SystemClock
from agent.daemon.service import Service
from agent.logs import configure


def serve(output: Output) -> int:
    """Serves all accounts until SIGTERM or SIGINT. Logs to standard output: JSON, or lines on a terminal.

    Raises:
        ConfigError, NoPermissionError, VaultError: it cannot start.
    """
    terminal = sys.stdout.isatty()
    configure(
        json=not terminal,
        level="debug" if output.verbose else "info",
        stream=sys.stdout,
        priority_prefix=not terminal,
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_serve(output))
        _leave()
    finally:
        loop.close()
    return 0


async def _serve(output: Output) -> None:
    service = Service(output.config, os.environ, SystemClock())
    service.listen()
    await service.run()


def _leave() -> None:
    """Ends at once where a thread still waits for a name server: nothing that matters is left to be done."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
