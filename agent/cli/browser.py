"""Opens an address where there is a display, in a browser that leaves the terminal alone."""

import sys
import webbrowser
from collections.abc import Mapping


def open_in_browser(address: str, environ: Mapping[str, str], *, root: bool) -> bool | None:
    """Whether a browser took the address; None where none should be tried.

    Nobody browses as root, and a browser that runs in the terminal (what `webbrowser` calls generic)
    would take it away from the question that follows.
    """
    display = sys.platform == "darwin" or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    if not display or root:
        return None
    try:
        browser = webbrowser.get()
        return type(browser) is not webbrowser.GenericBrowser and browser.open(address)
    except webbrowser.Error:
        return False
