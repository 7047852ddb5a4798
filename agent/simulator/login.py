"""The sign-in pages: e-mail, password, second factor, then a landing page that does not exist.

Field and form names are those that alexapy 1.33.0 `alexalogin.py` (2026-07) and aioamazondevices `cd4acc0`
(2026-08-21) look for; the landing page is a 404 by design (audible 0.13.1 `login.py`).
"""

from html import escape
from urllib.parse import urlencode

from agent.simulator import enrolment
from agent.simulator.account import MARKETPLACES
from agent.simulator.call import Call
from agent.simulator.enrolment import Code, Visit
from agent.simulator.replies import SIGN_IN_PATH, Reply, html, not_found, sign_in_page

EMAIL = "practice@example.org"
PASSWORD = "practice"  # noqa: S105 - everybody may know it: the page itself says it
ONE_TIME_CODE = "424242"

_CAPTCHA_DOMAIN, _CAPTCHA_LANGUAGE = "amazon.co.jp", "ja_JP"


def arrive(call: Call) -> Reply:
    """`GET /ap/register` and `/ap/signin`: the first page, for addresses that ask for a code or for a page.

    Japan meets a foreign language with a captcha (aioamazondevices `fffa8ec`, 2026-03-02).
    """
    query = dict(call.query)
    plain = "openid.mode" not in query
    visit = enrolment.to_page(query, call.host) if plain else enrolment.wanted(query, call.host)
    if visit is None and plain:
        return sign_in_page()
    if visit is None:
        return html("Error", "<h1>Looking for Something?</h1>", 400)
    if not plain and call.domain == _CAPTCHA_DOMAIN and query.get("language") != _CAPTCHA_LANGUAGE:
        return html("Amazon", '<form id="cvf-aamation-challenge-form"><h1>Solve this puzzle</h1></form>')
    state = call.world.sessions.draw("visit", 24)
    call.world.enrolments.visits[state] = visit
    return _ask_email(state)


def go_on(call: Call) -> Reply:
    """`POST /ap/signin`: one form after the other; each is refused until it is right."""
    given = dict(call.form)
    state = given.get("workflowState", "")
    visit = call.world.enrolments.visits.get(state)
    if visit is None:
        return sign_in_page()
    if not visit.known:
        visit.known = given.get("email", "").strip().lower() == EMAIL
        return _ask_password(state) if visit.known else _ask_email(state, "We cannot find that e-mail.")
    if not visit.trusted:
        visit.trusted = given.get("password") == PASSWORD
        return _ask_code(state) if visit.trusted else _ask_password(state, "Your password is incorrect.")
    if given.get("otpCode", "").strip() != ONE_TIME_CODE:
        return _ask_code(state, "The code you entered is not valid.")
    del call.world.enrolments.visits[state]
    return _land(call, visit)


def landing(_call: Call) -> Reply:
    """`/ap/maplanding`: looks like an error to everybody."""
    return not_found()


def _land(call: Call, visit: Visit) -> Reply:
    world = call.world
    session = world.sessions.open(call.domain, world.now() + world.dials.cookie_life_ms)
    cookie = (
        f"at-{MARKETPLACES[call.domain][0]}={session.at}; Domain=.{call.domain}; Path=/; Secure; HttpOnly"
    )
    to = f"{visit.return_to}?{urlencode(_with_code(call, visit))}" if visit.client_id else visit.return_to
    return Reply(302, b"", headers=(("location", to), ("set-cookie", cookie)))


def _with_code(call: Call, visit: Visit) -> dict[str, str]:
    world = call.world
    code = world.sessions.draw("code", 20)
    world.enrolments.codes[code] = Code(visit.client_id, visit.challenge, world.now())
    who = world.account.directed_id
    return {
        "openid.assoc_handle": "amzn_dp_project_dee_ios",
        "openid.claimed_id": f"https://{call.host}/ap/id/{who}",
        "openid.identity": f"https://{call.host}/ap/id/{who}",
        "openid.mode": "id_res",
        "openid.ns": "http://specs.openid.net/auth/2.0",
        "openid.oa2.authorization_code": code,
        "openid.oa2.scope": "device_auth_access",
        "openid.return_to": visit.return_to,
    }


def _ask_email(state: str, problem: str = "") -> Reply:
    field = '<label>E-mail <input type="email" id="ap_email" name="email" autofocus></label>'
    return _form(state, problem, "signIn", field, f"Here the e-mail is <b>{EMAIL}</b>.")


def _ask_password(state: str, problem: str = "") -> Reply:
    field = '<label>Password <input type="password" id="ap_password" name="password" autofocus></label>'
    return _form(state, problem, "signIn", field, f"Here the password is <b>{PASSWORD}</b>.")


def _ask_code(state: str, problem: str = "") -> Reply:
    field = '<label>Code <input id="auth-mfa-otpcode" name="otpCode" inputmode="numeric" autofocus></label>'
    return _form(state, problem, "auth-mfa-form", field, f"Here the code is <b>{ONE_TIME_CODE}</b>.")


def _form(state: str, problem: str, name: str, field: str, hint: str) -> Reply:
    box = f'<div id="auth-error-message-box">{escape(problem)}</div>' if problem else ""
    return html(
        "Amazon Sign-In",
        f"<p>Practice cloud, not Amazon. {hint}</p><h1>Sign in</h1>{box}"
        f'<form name="{name}" id="{name}" action="{SIGN_IN_PATH}" method="post">{field}'
        f'<input type="hidden" name="workflowState" value="{escape(state)}">'
        '<input type="submit" id="signInSubmit" value="Continue"></form>',
    )
