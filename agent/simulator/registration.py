"""A code becomes a device with a refresh token, and a device is let go again."""

from collections.abc import Mapping
from hashlib import sha256

from agent.simulator.call import Call
from agent.simulator.enrolment import device_of
from agent.simulator.replies import HTML_TYPE, Reply, as_json
from agent.simulator.scenario import Deregistration
from agent.simulator.world import World

_AUTH_FIELDS = {"code_algorithm": "SHA-256", "client_domain": "DeviceLegacy"}


def register(call: Call) -> Reply:
    """`POST /auth/register`: fields as alexapy 1.33.0 and aioamazondevices `cd4acc0` send and read them.

    A code is good once and for a few minutes. What Amazon says to a bad one is in no public source; the
    form of the refusal is that of ioBroker.alexa2 issue 1380 (2026-06-19).
    """
    body = call.json if isinstance(call.json, dict) else {}
    auth, device = _part(body, "auth_data"), _part(body, "registration_data")
    client_id = _text(auth, "client_id")
    named = device_of(client_id)
    same = named == (_text(device, "device_serial"), _text(device, "device_type"))
    plain = all(auth.get(name) == value for name, value in _AUTH_FIELDS.items())
    wants = body.get("requested_token_type")
    if not same or not plain or named is None or not isinstance(wants, list) or "bearer" not in wants:
        return refused("MissingValue", "One or more required values are missing.")
    if call.headers.get("x-amzn-identity-auth-domain") != call.host:
        return refused("InvalidValue", "The auth domain is not valid.")
    world = call.world
    good = world.enrolments.redeem(
        _text(auth, "authorization_code"),
        _text(auth, "code_verifier"),
        client_id,
        world.now(),
        world.dials.code_life_ms,
    )
    if not good:
        return refused("InvalidValue", "The authorization code is not valid.")
    return _accepted(world, *named)


def _accepted(world: World, serial: str, kind: str) -> Reply:
    token = new_token(world)
    world.enrolments.tokens[token] = serial
    life = world.dials.access_token_life_s
    who = world.account
    success = {
        "tokens": {
            "bearer": {
                "access_token": grant(world, token),
                "refresh_token": token,
                "expires_in": str(life),
            },
            "mac_dms": {"adp_token": "{enc:practice}", "device_private_key": "practice"},
            "website_cookies": [],
        },
        "extensions": {
            "device_info": {
                "device_name": "Practice's voicepurge",
                "device_serial_number": serial,
                "device_type": kind,
            },
            "customer_info": {
                "account_pool": "Amazon",
                "user_id": who.directed_id,
                "home_region": "EU",
                "name": "Practice Person",
                "given_name": "Practice",
            },
        },
    }
    return as_json({"response": {"success": success}})


def deregister(call: Call) -> Reply:
    """`POST /auth/deregister`, in the one of two ways the dial says; public sources disagree.

    alexapy 1.33.0: a bearer token. audible 0.13.1: the header `x-amz-access-token` and nothing else.
    """
    world, how = call.world, call.world.dials.deregistration
    _, _, bearer = call.headers.get("authorization", "").partition(" ")
    header = call.headers.get("x-amz-access-token", "")
    token = header if how is Deregistration.ACCESS_HEADER else bearer
    if not world.sessions.bearer(f"Bearer {token}", world.now()):
        return Reply(401, b"", HTML_TYPE)
    if how is not Deregistration.IGNORED:
        world.enrolments.tokens.pop(world.enrolments.access.get(token, ""), None)
    return as_json({"response": {"success": {}}})


def grant(world: World, refresh_token: str) -> str:
    """A new access token of that refresh token."""
    access = world.sessions.grant_access(world.now() + world.dials.access_token_life_s * 1000)
    world.enrolments.access[access] = refresh_token
    return access


def new_token(world: World) -> str:
    """A refresh token nobody has yet; begins with `practice-`."""
    return "practice-" + sha256(world.sessions.draw("refresh", 48).encode()).hexdigest()[:48]


def refused(code: str, message: str) -> Reply:
    """A refusal as recorded in ioBroker.alexa2 issue 1380 (2026-06-19)."""
    return as_json({"response": {"error": {"code": code, "message": message}}}, 400)


def _part(body: Mapping[str, object], name: str) -> dict[str, object]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _text(part: Mapping[str, object], name: str) -> str:
    found = part.get(name)
    return found if isinstance(found, str) else ""
