"""Whose account it is, and which devices it has. Pure.

Sources: answers of `/api/users/me` and `/api/devices-v2/device` as documented by jcrasselt/
amazon-echo-show-15 `b9af9f1` and smarthomej/addons `0863f190` (2024-10-13). PROTOCOL.md, section "Identity".
"""

from agent.alexa.exchange import Host, Outgoing
from agent.alexa.marketplaces import Marketplace, of_host
from agent.errors import SchemaError, WrongAccountError
from agent.model import Device, Identity

ME = Outgoing("GET", "/api/users/me", (("platform", "ios"), ("version", "2.2.651540.0")), host=Host.ALEXA)
DEVICES = Outgoing("GET", "/api/devices-v2/device", (("cached", "false"),), host=Host.ALEXA)


def identity(value: object, marketplace: Marketplace, expected: str | None, skew_ms: int) -> Identity:
    """Who answered.

    Args:
        value: the JSON of `/api/users/me`.
        marketplace: what the configuration says.
        expected: the customer id stored at sign-in, None if there is none yet.
        skew_ms: by how much Amazon's clock is ahead.

    Raises:
        WrongAccountError: another customer, or an account at home in another marketplace.
        SchemaError: the answer has another shape.
    """
    me = value if isinstance(value, dict) else {}
    customer, home = me.get("id"), me.get("marketPlaceDomainName")
    if not isinstance(customer, str) or not customer or not isinstance(home, str) or not home:
        raise SchemaError("the answer does not say whose session it is")
    if expected is not None and customer != expected:
        raise WrongAccountError("the session belongs to another account than the stored one")
    actual = of_host(home)
    if actual != marketplace:
        where = actual.name if actual is not None else "another marketplace"
        advice = f"Set `marketplace: {actual.name}` for this account." if actual is not None else None
        raise WrongAccountError(
            f"the configuration says {marketplace.name}, but the account is at home in {where}",
            next_step=advice,
        )
    return Identity(customer, marketplace.retail_host, skew_ms)


def devices(value: object) -> list[Device]:
    """The devices of the account, in Amazon's order.

    Raises:
        SchemaError: the answer has another shape.
    """
    rows = value.get("devices") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise SchemaError("the list of devices is missing")
    return [_device(row) for row in rows]


def _device(row: object) -> Device:
    if not isinstance(row, dict):
        raise SchemaError("a device has another shape")
    texts = [row.get(name) for name in ("serialNumber", "deviceType", "accountName", "deviceFamily")]
    serial, kind, name, family = (text if isinstance(text, str) else "" for text in texts)
    if not serial:
        raise SchemaError("a device has no serial")
    return Device(serial, kind, name, family, online=row.get("online") is True)
