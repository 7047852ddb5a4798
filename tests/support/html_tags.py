"""The tags of a page, read by the standard library."""

from html.parser import HTMLParser


class _Tags(HTMLParser):
    """Every tag with its attributes; fails on tags that do not match."""

    VOID = frozenset({"meta", "link", "rect", "line", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    """Every tag with its attributes; each is closed where it has to be."""
    reader = _Tags()
    reader.feed(text)
    assert reader.open == []
    return reader.found
