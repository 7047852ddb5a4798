"""Slips of the finger and of the editor: a good configuration, edited at random, as bytes on disk."""

from collections.abc import Callable

from hypothesis import strategies as st

from agent.share import shared
from tests.support.valid_configs import TEXTS

EXAMPLE = shared("config/voicepurge.yaml").read_text(encoding="utf-8")
MOST = 256_000

Edit = Callable[[str], str]

VALUES = (
    *("", "~", "null", "true", "yes", "off", "1", "-1", "0", "1.5", "1e999", ".inf", ".nan", "0x10", "0o17"),
    *("9" * 400, "-" + "9" * 19, "1_000", "[]", "{}", "[a, a]", "{a: b}", "- a", "? a", "a: b", "''", '" "'),
    *("12:30", "03:10", '"03:10"', "22:15:00", "2026-11-24", "24 h", "1y", "99999999999d", "36500d", "0s"),
    *("1m", "*all", "&all x", "!!set {a}", "|", ">-", '"\\ud800"', '"\\x00"', "'", '"', "@x", "`x", "%x"),
    *("Europe/Berln", "Europe", "../../etc/passwd", "amazon.xx", "[learned, learned]", "[recipe:../x]"),
    *(
        "{every: 7h}",
        "{every: 6h, at: '03:10'}",
        "{cron: '* * * * *'}",
        "{cron: '0 0 30 2 *'}",
        "{days: [mon]}",
    ),
    *("{backend: paper}", "{url: '{credential:x}'}", "{url: https://u:p@h}", "[[[[x]]]]", "a" * 70_000),
)
PIECES = (
    *(
        "\n",
        "\t",
        " ",
        ":",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "*a",
        "&a ",
        "!!x ",
        "|",
        ">",
        "'",
        '"',
        "#",
    ),
    *("%", "---\n", "...\n", "? ", "~", "\\", "\x00", "\x1b[2J", "\x85", "\ufeff", "\u2028", "\u202e", "\r"),
    *("<<: ", "🎤", "ü", "\ud800"),
)
_OPEN = ("[", "{a: ", "- ", "? ", "{", "[{", "'", '"')


def _lines(change: Callable[[list[str], int, int], None]) -> Callable[[int, int], Edit]:
    def edit(first: int, second: int) -> Edit:
        def edited(text: str) -> str:
            lines = text.split("\n")
            change(lines, first % len(lines), second)
            return "\n".join(lines)

        return edited

    return edit


def _new_value(lines: list[str], at: int, which: int) -> None:
    key, colon, _ = lines[at].partition(":")
    lines[at] = f"{key}{colon or ':'} {VALUES[which % len(VALUES)]}"


def _typing_error(lines: list[str], at: int, where: int) -> None:
    key, colon, rest = lines[at].partition(":")
    place = where % (len(key) + 1)
    letter = key[place : place + 1]
    slips = (
        key[:place] + key[place + 1 :],
        key[:place] + 2 * letter + key[place + 1 :],
        key.upper(),
        "x" + key,
    )
    lines[at] = slips[where // 7 % len(slips)] + colon + rest


def _twice(lines: list[str], at: int, count: int) -> None:
    lines[at + 1 : at + 1] = lines[at : at + 1 + count % 5]


def _remove(lines: list[str], at: int, count: int) -> None:
    del lines[at : at + 1 + count % 3]


def _move(lines: list[str], at: int, to: int) -> None:
    line = lines.pop(at)
    lines.insert(to % (len(lines) + 1), line)


def _indent(lines: list[str], at: int, how: int) -> None:
    pads = (" ", "  ", "   ", "\t", " \t", "")
    lines[at] = pads[how % len(pads)] + (lines[at].lstrip() if how % 2 else lines[at])


def _join(lines: list[str], at: int, _: int) -> None:
    lines[at : at + 2] = [" ".join(lines[at : at + 2])]


def _insert(at: int, piece: str, cut: int) -> Edit:
    def edited(text: str) -> str:
        place = at % (len(text) + 1)
        return text[:place] + piece + text[place + cut :]

    return edited


def _bomb(levels: int, width: int) -> Edit:
    first = f"b0: &b0 [{', '.join(['x'] * width)}]"
    rest = (f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * width)}]" for n in range(1, levels + 1))
    return lambda text: "\n".join([text, first, *rest])


def _deep(opening: str, count: int) -> Edit:
    return lambda text: f"{text}\ndeep: {opening * count}"


def _stairs(count: int) -> Edit:
    return lambda text: text + "\n" + "".join(f"{' ' * n}a:\n" for n in range(count))


def _padded(piece: str, size: int) -> Edit:
    return lambda text: text + "\n" + piece * (max(0, size - len(text)) // len(piece))


def _numbered(size: int) -> Edit:
    return lambda text: text + "".join(f"\nk{n}: {n}" for n in range(size // 12))


def _line_ends(end: str) -> Edit:
    return lambda text: text.replace("\n", end)


_NUMBERS = st.integers(0, 10_000)
_SIZES = st.integers(0, 300_000) | st.integers(MOST - 3, MOST + 3)
_CHANGES = (_new_value, _typing_error, _twice, _remove, _move, _indent, _join)
EDITS: st.SearchStrategy[Edit] = st.one_of(
    *(st.builds(_lines(change), _NUMBERS, _NUMBERS) for change in 2 * _CHANGES),
    st.builds(_insert, _NUMBERS, st.sampled_from(PIECES), st.integers(0, 40)),
    st.builds(_bomb, st.integers(1, 30), st.integers(1, 60)),
    st.builds(_deep, st.sampled_from(_OPEN), st.integers(1, 20_000)),
    st.builds(_stairs, st.integers(1, 600)),
    st.builds(
        _padded,
        st.sampled_from(
            ["#\n", " ", "\n", "a", "a: 1\n", "- a\n", "[a, ", "{}, ", "\t\n", "%\n", "? ", "'", "a,", "*a, "]
        ),
        _SIZES,
    ),
    st.builds(_numbered, _SIZES),
    st.builds(_line_ends, st.sampled_from(["\r\n", "\r", "\u2028", "\x85", "\n\n", ""])),
)


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding, errors="surrogatepass" if encoding.startswith("utf") else "replace")


def _spoilt(data: bytes, at: int, raw: bytes) -> bytes:
    place = at % (len(data) + 1)
    return data[:place] + raw + data[place:]


def _edited(text: str, edits: list[Edit], encoding: str, at: int, raw: bytes) -> bytes:
    for edit in edits:
        text = edit(text)
    return _spoilt(_encoded(text, encoding), at, raw)


_ENCODINGS = ["utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-32"]
_NOT_UTF_8 = [b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"]
FILES: st.SearchStrategy[bytes] = st.builds(
    _edited,
    st.just(EXAMPLE) | TEXTS,
    st.lists(EDITS, min_size=1, max_size=1) | st.lists(EDITS, min_size=1, max_size=4),
    st.sampled_from(["utf-8"] * 45 + _ENCODINGS),
    _NUMBERS,
    st.sampled_from([b""] * 54 + _NOT_UTF_8),
)
"""What may lie in the file after an unlucky evening."""
