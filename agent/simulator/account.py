"""The practice account: marketplaces, devices and people. Plain values."""

from dataclasses import dataclass

# Cookie suffix and locale by retail domain. `main` and `acbde` are documented (AlexaRedesign run 2026-07-18,
# alexa-cookie issue 190); the others follow their pattern and are inferred.
# Languages: alexapy 1.33.0 const.py.
MARKETPLACES: dict[str, tuple[str, str]] = {
    "amazon.com": ("main", "en-US"),
    "amazon.ca": ("acbca", "en-CA"),
    "amazon.com.mx": ("acbmx", "es-MX"),
    "amazon.com.br": ("acbbr", "pt-BR"),
    "amazon.co.uk": ("acbuk", "en-GB"),
    "amazon.de": ("acbde", "de-DE"),
    "amazon.fr": ("acbfr", "fr-FR"),
    "amazon.it": ("acbit", "it-IT"),
    "amazon.es": ("acbes", "es-ES"),
    "amazon.in": ("acbin", "en-IN"),
    "amazon.co.jp": ("acbjp", "ja-JP"),
    "amazon.com.au": ("acbau", "en-AU"),
    "amazon.co.nz": ("acbnz", "en-NZ"),
}

GLOBAL_DOMAIN = "amazon.com"
"""Sign-in and identity are asked here by accounts of every marketplace."""


def host_names() -> list[str]:
    """Every name the practice cloud answers to."""
    return [f"{part}.{domain}" for domain in MARKETPLACES for part in ("www", "api", "alexa")]


@dataclass(frozen=True, slots=True)
class Device:
    """A device as `/api/devices-v2/device` and the listings show it."""

    name: str
    serial: str
    type: str
    family: str = "ECHO"
    online: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a voice profile."""

    id: str
    first_name: str

    def as_json(self) -> dict[str, str]:
        """As it stands in `personsInfo`."""
        return {"personId": self.id, "personFirstName": self.first_name, "personType": "ADULT"}


@dataclass(frozen=True, slots=True)
class Account:
    """One practice account. `customer_id` is the id record keys carry, `directed_id` the sign-in's."""

    domain: str
    customer_id: str
    directed_id: str
    credential: str
    devices: tuple[Device, ...]
    persons: tuple[Person, ...]

    @property
    def locale(self) -> str:
        """Hyphenated, such as `de-DE`."""
        return MARKETPLACES[self.domain][1]
