"""Which listed recordings a request names: by key, by a part, or by the time they were spoken. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from agent.methods import template as language
from agent.methods.unwrap import layers
from agent.model import Recording

_WORD = re.compile(r"[A-Za-z0-9]+")


class Index:
    """Finds known ids in texts, however many there are."""

    def __init__(self, recordings: Mapping[str, Recording]) -> None:
        self._recordings = recordings
        keys = {key: key for key in recordings}
        parts = {
            part: one.key for one in recordings.values() for part in (*one.item_keys, *one.utterance_ids)
        }
        words = {text: _WORD.findall(text) for text in (*keys, *parts)}
        frequency = Counter(word for found in words.values() for word in found)
        self._by_word: dict[str, list[tuple[str, str]]] = {}
        for text, key in {**parts, **keys}.items():
            rarest = min(words[text], key=lambda word: frequency[word], default=None)
            if rarest is not None:
                self._by_word.setdefault(rarest, []).append((text, key))
        self._by_time: dict[str, list[str]] = {}
        for one in recordings.values():
            for text in {str(one.spoken_at), str(one.spoken_at // 1000), language.iso(one.spoken_at)}:
                self._by_time.setdefault(text, []).append(one.key)

    def by_id(self, texts: Iterable[str]) -> tuple[list[str], dict[str, str]]:
        """Keys that stand in the texts, and parts with the keys they belong to, in order of appearance."""
        keys: dict[str, None] = {}
        parts: dict[str, str] = {}
        for text in (inner for outer in texts for inner in layers(outer)):
            for word in _WORD.findall(text):
                for known, key in self._by_word.get(word, ()):
                    if known not in text:
                        continue
                    if known == key:
                        keys[key] = None
                    else:
                        parts[known] = key
        return list(keys), parts

    def named(self, texts: Sequence[str]) -> list[str]:
        """Keys of the recordings that the texts name: by key, else by part, else by time and serial."""
        keys, parts = self.by_id(texts)
        return keys or list(dict.fromkeys(parts.values())) or self.by_time_and_serial(texts)

    def by_time(self, texts: Iterable[str]) -> list[str]:
        """Keys of the recordings spoken at a time that stands alone in a text, in order of appearance.

        Where several were spoken at the same moment, those whose device's serial is there too.
        """
        whole = [inner for outer in texts for inner in layers(outer)]
        found: dict[str, None] = {}
        for text in whole:
            at_that_time = self._by_time.get(text, [])
            with_serial = [key for key in at_that_time if any(key.split("#")[-1] in each for each in whole)]
            found.update(dict.fromkeys(with_serial or at_that_time))
        return list(found)

    def by_time_and_serial(self, texts: Sequence[str]) -> list[str]:
        """As `by_time`, but only with the serial: a time alone may stand for everything before it."""
        whole = [inner for outer in texts for inner in layers(outer)]
        return [
            key for key in self.by_time(texts) if any(key.split("#")[-1] in text for text in whole if text)
        ]

    def recording(self, key: str) -> Recording:
        """The recording of a key that was found here."""
        return self._recordings[key]
