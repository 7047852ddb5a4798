"""Lengths of time in words for a person. Pure."""

_MINUTE = 60
_HOUR = 60
_STILL_SECONDS = 90


def duration(seconds: float) -> str:
    """A length of time: `8 s`, `3 min`, `2 h 10 min`; never less than a second."""
    whole = max(round(seconds), 1)
    if whole < _STILL_SECONDS:
        return f"{whole} s"
    minutes = round(whole / _MINUTE)
    return f"{minutes} min" if minutes < _HOUR else f"{minutes // _HOUR} h {minutes % _HOUR} min"
