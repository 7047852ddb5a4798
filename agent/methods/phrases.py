"""What to say to have a day deleted, by language: data with sources. Pure.

All are documented for speaking; no public source shows one sent as text. Each needs "Enable deletion by
voice" in the Alexa app. The phrases for the whole history are left out: they ask back, and a text command
cannot answer. No reliable phrase was found for French, Spanish, Portuguese and Dutch (2026-11).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """What deletes the day so far, and the day before where a phrase is known; `source` of both."""

    today: str
    yesterday: str | None
    source: str


PHRASES = {
    "en": Phrases(
        "delete everything i said today",
        None,
        "tomsguide.com, 2019-09-30; cross-checked since, opt-in needed",
    ),
    "de": Phrases(
        "lösche alles, was ich heute gesagt habe",
        "lösche, was ich gestern gesagt habe",
        "fragklar.de, 2026; auf-einen-kaffee.de",
    ),
    "it": Phrases("cancella tutto quello che ho detto oggi", None, "tech.fanpage.it; tuttoandroid.net"),
    "ja": Phrases(
        "今日話しかけた言葉を消去して",
        None,
        "headline of TechCrunch Japan by way of a list of headlines; a translation, weak",
    ),
}
"""By language."""


def of_locale(locale: str) -> Phrases | None:
    """The phrases of a locale such as `de-DE`, None where none is known."""
    return PHRASES.get(locale.partition("-")[0])
