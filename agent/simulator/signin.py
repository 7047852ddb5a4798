"""Sign-in and identity: tokens, cookies, who am I, devices, and where both anti-CSRF tokens come from."""

from datetime import UTC, datetime

from agent.simulator import guard
from agent.simulator.account import MARKETPLACES, Device
from agent.simulator.call import Call
from agent.simulator.registration import grant, new_token
from agent.simulator.replies import HTML_TYPE, Reply, as_json, html, sign_in_page, step_up_page, text

_COOKIE_FIELDS = ("app_name", "domain", "requested_token_type", "source_token", "source_token_type")


def token(call: Call) -> Reply:
    """`POST /auth/token`: a refresh token for an access token, or for cookies (aioamazondevices' way)."""
    given = _fields(call)
    if given.get("requested_token_type") == "auth_cookies":
        return cookies(call)
    if given.get("requested_token_type") != "access_token" or not given.get("app_name"):
        return _refused("invalid_request", "A required field is missing or unknown.")
    if not _credential_holds(call, given):
        return _refused("invalid_grant", "The request has an invalid grant parameter : source_token")
    world, refresh = call.world, given["source_token"]
    rotated: dict[str, object] = {}
    if world.dials.rotate_refresh_token:
        world.enrolments.rotate(refresh, refresh := new_token(world))
        rotated = {"refresh_token": refresh}
    life = world.dials.access_token_life_s
    access = grant(world, refresh)
    return as_json({"access_token": access, "token_type": "bearer", "expires_in": life, **rotated})


def cookies(call: Call) -> Reply:
    """`POST /ap/exchangetoken/cookies`: a refresh token for website cookies of one marketplace."""
    given = _fields(call)
    domain = given.get("domain", "").removeprefix("www").removeprefix(".")
    wanted = given.get("requested_token_type") == "auth_cookies" and domain in MARKETPLACES
    if not wanted or any(not given.get(name) for name in _COOKIE_FIELDS):
        return _refused("invalid_request", "A required field is missing or unknown.")
    if not _credential_holds(call, given):
        return _refused("invalid_grant", "The request has an invalid grant parameter : source_token")
    jar = _jar(call, domain)
    return as_json({"response": {"tokens": {"cookies": {f".{domain}": jar}}}})


def users_me(call: Call) -> Reply:
    """`GET /api/users/me`: fields as in jcrasselt/amazon-echo-show-15 docs/api.md (2024)."""
    who = call.world.account
    country = who.locale.partition("-")[2]
    return guard.alexa(call) or as_json(
        {
            "countryOfResidence": country,
            "effectiveMarketPlaceId": "PRACTICE" + country,
            "email": "practice@example.org",
            "eulaAcceptance": True,
            "features": [],
            "fullName": "Practice Person",
            "hasActiveDopplers": True,
            "id": who.customer_id,
            "marketPlaceDomainName": f"https://www.{who.domain}",
            "marketPlaceId": "PRACTICE" + country,
            "marketPlaceLocale": who.locale,
        }
    )


def endpoints(call: Call) -> Reply:
    """`GET /api/endpoints`: fields as in smarthomej `EndpointTO` (2024-10)."""
    domain = call.world.account.domain
    return guard.alexa(call) or as_json(
        {
            "alexaApiUrl": f"https://api.{domain}",
            "awsRegion": "eu-west-1",
            "retailDomain": domain,
            "retailUrl": f"https://www.{domain}",
            "skillsStoreUrl": f"https://www.{domain}/skills",
            "websiteApiUrl": f"https://alexa.{domain}",
            "websiteUrl": f"https://alexa.{domain}",
        }
    )


def customer_status(call: Call) -> Reply:
    """`GET /api/customer-status`: any JSON means signed in, no client reads a field."""
    return guard.alexa(call) or as_json({"customerStatus": "ACTIVE"})


def devices(call: Call) -> Reply:
    """`GET /api/devices-v2/device`; also sets the csrf cookie."""
    world = call.world
    return guard.alexa(call) or _with_csrf(
        call, as_json({"devices": [_device(call, each) for each in world.account.devices]})
    )


def language(call: Call) -> Reply:
    """The other Alexa host pages that set the csrf cookie (alexa-cookie2 5.0.6)."""
    return guard.alexa(call) or _with_csrf(call, html("Alexa"))


def plain_anti_csrf(call: Call) -> Reply:
    """`GET /alexa-privacy/apd/csrf-token`: the token as plain text (Edomi block 19002715, 2026-09)."""
    refused = guard.retail(call)
    if refused is not None or call.session is None:
        return refused or sign_in_page()
    return text(call.world.sessions.anti_csrf(call.session, call.world.now()))


def step_up(_call: Call) -> Reply:
    """`/ap/mfa/…` and `/ap/re-auth`."""
    return step_up_page()


def _fields(call: Call) -> dict[str, str]:
    if call.is_type("application/json"):
        given = call.json if isinstance(call.json, dict) else {}
        return {name: value for name, value in given.items() if isinstance(value, str)}
    return dict(call.form)


def _credential_holds(call: Call, given: dict[str, str]) -> bool:
    known = given.get("source_token") in call.world.enrolments.tokens
    return known and given.get("source_token_type") == "refresh_token"


def _refused(error: str, description: str) -> Reply:
    """400 with JSON `error`. The body for this client is in no public source; this is Login with Amazon's."""
    return as_json({"error_description": description, "error": error}, 400)


def _jar(call: Call, domain: str) -> list[dict[str, object]]:
    world = call.world
    session = world.sessions.open(domain, world.now() + world.dials.cookie_life_ms)
    ends = datetime.fromtimestamp((world.said_now() + world.dials.cookie_life_ms) / 1000, UTC)
    suffix = MARKETPLACES[domain][0]
    values = {
        "session-id": "000-0000000-0000000",
        "session-id-time": str(session.expires // 1000) + "l",
        "session-token": f'"{session.at[5:37]}"',
        f"ubid-{suffix}": "000-0000000-0000001",
        f"at-{suffix}": f'"{session.at}"',
        f"sess-at-{suffix}": f'"{session.at[10:30]}="',
    }
    if suffix == "main":
        values["x-main"] = f'"{session.at[12:40]}"'
    return [
        {
            "Path": "/",
            "Secure": True,
            "Value": value,
            "Expires": f"{ends:%d %b %Y %H:%M:%S} GMT",
            "HttpOnly": name.startswith(("at-", "sess-at-")),
            "Name": name,
        }
        for name, value in values.items()
    ]


def _with_csrf(call: Call, reply: Reply) -> Reply:
    """Adds the csrf cookie where there is a session to take it from."""
    if call.session is None:
        return reply
    cookie = f"csrf={call.session.csrf}; Domain=.{call.domain}; Path=/; Secure"
    return Reply(reply.status, reply.body, reply.media or HTML_TYPE, (*reply.headers, ("set-cookie", cookie)))


def _device(call: Call, device: Device) -> dict[str, object]:
    """Fields as in jcrasselt/amazon-echo-show-15 docs/api.md (2024)."""
    return {
        "accountName": call.world.named(device),
        "serialNumber": device.serial,
        "deviceType": device.type,
        "deviceFamily": device.family,
        "deviceOwnerCustomerId": call.world.account.customer_id,
        "online": device.online and device.name not in call.world.dials.offline,
        "capabilities": ["MICROPHONE", "VOLUME_SETTING", "AUDIO_PLAYER"],
        "clusterMembers": [],
        "parentClusters": [],
        "appDeviceList": [],
        "softwareVersion": "0000000",
    }
