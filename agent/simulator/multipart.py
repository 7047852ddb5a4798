"""Multipart form bodies (RFC 7578) of plain fields, as browsers write them."""

import re
from collections.abc import Iterable

_BOUNDARY = re.compile(r'(?i)multipart/form-data;\s*boundary="?([A-Za-z0-9\'()+_,./:=?-]{1,70})"?')
_NAME = re.compile(rb'(?i)content-disposition: *form-data; *name="([^"\r\n]*)"(?:\r\n|\Z)')
_OURS = "----PracticeFormBoundary7MA4YWxk"


def write(pairs: Iterable[tuple[str, str]]) -> tuple[str, bytes]:
    """Content type and body."""
    parts = [
        f'--{_OURS}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return f"multipart/form-data; boundary={_OURS}", ("".join(parts) + f"--{_OURS}--\r\n").encode()


def read(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Fields in their order; none where it is no such body or holds a file."""
    found = _BOUNDARY.fullmatch(content_type.strip())
    if found is None:
        return []
    mark = b"--" + found[1].encode()
    if not body.startswith(mark + b"\r\n") or not body.rstrip(b"\r\n").endswith(b"\r\n" + mark + b"--"):
        return []
    fields: list[tuple[str, str]] = []
    for part in (b"\r\n" + body).split(b"\r\n" + mark)[1:-1]:
        head, gap, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.match(head)
        if name is None or not gap or b"filename" in head.lower():
            return []
        fields.append((name[1].decode("utf-8", "replace"), value.decode("utf-8", "replace")))
    return fields
