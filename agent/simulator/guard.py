"""Who may come in: the session and anti-CSRF rules of the retail and Alexa hosts."""

from urllib.parse import quote

from agent.simulator.call import Call
from agent.simulator.replies import HTML_TYPE, SIGN_IN_PATH, Reply, forbidden, redirect


def retail(call: Call) -> Reply | None:
    """None for a live session, else the way to the sign-in page (aioamazondevices http wrapper, 2026-08)."""
    if call.session is not None:
        return None
    back = quote(f"https://{call.host}{call.path}", safe="")
    return redirect(f"https://{call.host}{SIGN_IN_PATH}?openid.return_to={back}")


def alexa(call: Call) -> Reply | None:
    """None for a live session or bearer token, else 401 with an empty body (alexa-cookie2 5.0.6 tests)."""
    bearer = call.headers.get("authorization", "")
    if call.session is not None or call.world.sessions.bearer(bearer, call.world.now()):
        return None
    return Reply(401, b"", HTML_TYPE)


def anti_csrf(call: Call, token: str) -> Reply | None:
    """None when `token` and, if sent, the `csrf` header are right, else 403.

    The 403 page: alexa_media_player issue 2982, 2025-08-20.
    Only the anti-CSRF token is sent by all known clients; the `csrf` header is wanted only if a dial says so.
    """
    world, session = call.world, call.session
    if session is None:
        return forbidden()
    csrf = call.headers.get("csrf")
    if csrf is None:
        right = not world.dials.require_csrf_header
    else:
        right = csrf == session.csrf and call.cookies.get("csrf", "").strip('"') == csrf
    life = world.dials.csrf_life_ms
    if right and world.sessions.anti_csrf_holds(token, session, world.now(), life):
        return None
    return forbidden()


def privacy(call: Call) -> Reply | None:
    """Both rules for a privacy request that carries its token in the header."""
    return retail(call) or anti_csrf(call, call.headers.get("anti-csrftoken-a2z", ""))
