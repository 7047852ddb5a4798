"""The first channel: one line in the log, with a priority the journal understands."""

from typing import Final

import structlog

from agent.alerts.alert import Alert, Occasion

_log = structlog.get_logger("voicepurge.alert")
_GOOD: Final = frozenset({Occasion.RECOVERED, Occasion.DIGEST})
_URGENT: Final = frozenset({Occasion.BLOCKED, Occasion.DRIFTED, Occasion.CONFIG})


class Journal:
    """Implements `agent.alerts.alert.Channel`; it cannot fail."""

    label = "journal"

    async def send(self, alert: Alert) -> None:
        """Writes the alert as info when it is good news, as an error when a person must act."""
        write = _log.warning
        if alert.occasion in _GOOD:
            write = _log.info
        elif alert.occasion in _URGENT:
            write = _log.error
        what, since, todo = alert.lines[:3]
        write(
            what,
            occasion=alert.occasion.value,
            account=alert.account,
            practice=alert.practice,
            since=since,
            todo=todo,
            run=alert.run or None,
            checkpoint=alert.checkpoint or None,
        )
