"""What goes wrong, as small functions by kind. The scenario only names them.

Three stages: before the request is looked at, on one page of a listing, and on the finished answer.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from agent.simulator import listing, replies
from agent.simulator.call import Call
from agent.simulator.listing import Page
from agent.simulator.registration import refused
from agent.simulator.replies import Ending, Reply
from agent.simulator.scenario import Fault, Kind

_FOREVER_MS = 3_600_000
_TOO_MUCH = 8 * 1024 * 1024 + 1024
_DEEP = 200
_FOREIGN = "https://www.not-amazon.example/alexa-privacy/apd/rvh"


def before(call: Call) -> Reply | None:
    """The answer of a fault that keeps the request from being looked at, or None. May change the world."""
    for fault in _hitting(call, _BEFORE):
        reply = _BEFORE[fault.kind](call, fault)
        if reply is not None:
            return reply
    return None


def latency(call: Call) -> int:
    """Milliseconds to wait before the request is looked at."""
    return sum(1000 if fault.ms is None else fault.ms for fault in _hitting(call, (Kind.LATENCY,)))


def on_page(call: Call, page: Page) -> None:
    """Spoils one page of a listing."""
    for fault in _hitting(call, _PAGE):
        _PAGE[fault.kind](call, page)


def after(call: Call, reply: Reply) -> Reply:
    """Spoils a finished answer."""
    for fault in _hitting(call, _AFTER):
        reply = _AFTER[fault.kind](call, fault, reply)
    return reply


def _hitting(call: Call, kinds: Mapping[Kind, object] | tuple[Kind, ...]) -> Iterator[Fault]:
    world = call.world
    if not world.dials.faults:
        return iter(())
    return world.fault_counts.hitting(
        world.dials.faults,
        tuple(kinds),
        call.target,
        call.page,
        deleted=world.accepted > world.accepted_before,
    )


def _wait(fault: Fault) -> int:
    return _FOREVER_MS if fault.ms is None else fault.ms


def _retry_after(fault: Fault) -> tuple[tuple[str, str], ...]:
    return () if fault.retry_after_s is None else (("retry-after", str(fault.retry_after_s)),)


def _throttle_400(_call: Call, _fault: Fault) -> Reply:
    return replies.as_json(
        {"message": "Rate exceeded", "code": "ThrottlingException"},
        400,
        (("x-amzn-errortype", "ThrottlingException"),),
    )


def _sign_out(call: Call, fault: Fault) -> None:
    call.world.sessions.close_all()
    if fault.kind is Kind.REVOKED:
        call.world.enrolments.tokens.clear()


def _stale_csrf(call: Call, _fault: Fault) -> None:
    call.world.sessions.epoch += 1


def _speak(call: Call, fault: Fault) -> None:
    for _ in range(fault.n or 1):
        call.world.speak(device=fault.device, ago_ms=fault.ms or 0)


_BEFORE: dict[Kind, Callable[[Call, Fault], Reply | None]] = {
    Kind.SIGNED_OUT: _sign_out,
    Kind.REVOKED: _sign_out,
    Kind.STALE_CSRF: _stale_csrf,
    Kind.SPEAK: _speak,
    Kind.HANG: lambda _, fault: Reply(ending=Ending.RESET, wait_ms=_wait(fault)),
    Kind.RESET: lambda *_: Reply(ending=Ending.RESET),
    Kind.THROTTLE_429: lambda _, fault: replies.text("Too Many Requests", 429, _retry_after(fault)),
    Kind.THROTTLE_200: lambda *_: replies.as_json({"message": "Rate exceeded"}),
    Kind.THROTTLE_400: _throttle_400,
    Kind.STATUS: lambda _, fault: replies.html("Error", status=fault.status, headers=_retry_after(fault)),
    Kind.NOT_FOUND: lambda *_: replies.not_found(),
    Kind.HTML: lambda *_: replies.html("Amazon"),
    Kind.SIGN_IN_PAGE: lambda *_: replies.sign_in_page(),
    Kind.STEP_UP: lambda *_: replies.step_up_page(),
    Kind.STEP_UP_REDIRECT: lambda call, _: replies.redirect(f"https://{call.host}/ap/mfa/verify"),
    Kind.INVALID_TOKEN: lambda *_: refused("InvalidToken", "Auth time of the token is expired."),
    Kind.FORBIDDEN: lambda *_: replies.forbidden(),
    Kind.FOREIGN_REDIRECT: lambda *_: replies.redirect(_FOREIGN),
}


def _null_list(_call: Call, page: Page) -> None:
    page.rows, page.token = None, None


def _empty_page(call: Call, page: Page) -> None:
    """The rows stand behind a token that is new each time."""
    page.rows, page.token = [], replace(page.again, noise=call.world.rng.getrandbits(48))


def _time_limit(_call: Call, page: Page) -> None:
    page.rows, page.token, page.no_data = [], None, True


def _time_limit_token(call: Call, page: Page) -> None:
    _empty_page(call, page)
    page.no_data = True


def _token_loop(_call: Call, page: Page) -> None:
    page.token = page.again


def _trailing_page(_call: Call, page: Page) -> None:
    if page.token is None and page.last is not None:
        page.token = replace(page.again, page=page.again.page + 1, at=page.last[0], number=page.last[1])


def _repeat_boundary(call: Call, page: Page) -> None:
    """Seen on RAH (a reader of both listings, 2026)."""
    if page.cursor is None or page.rows is None or page.cursor.number >= len(call.world.rows):
        return
    row = call.world.rows[page.cursor.number]
    if row.visible(page.surface, call.world.now()):
        page.rows.insert(0, listing.render(call.world, page.surface, row))


def _outside_window(call: Call, page: Page) -> None:
    if page.token is None and page.rows is not None:
        below = call.world.page(page.surface, 0, page.start - 1, None, 1)
        page.rows.extend(listing.render(call.world, page.surface, row) for _, row in below)


_PAGE: dict[Kind, Callable[[Call, Page], None]] = {
    Kind.NULL_LIST: _null_list,
    Kind.EMPTY_PAGE: _empty_page,
    Kind.TIME_LIMIT: _time_limit,
    Kind.TIME_LIMIT_TOKEN: _time_limit_token,
    Kind.TOKEN_LOOP: _token_loop,
    Kind.TRAILING_PAGE: _trailing_page,
    Kind.REPEAT_BOUNDARY: _repeat_boundary,
    Kind.OUTSIDE_WINDOW: _outside_window,
}


def _wrong_account(call: Call, _fault: Fault, reply: Reply) -> Reply:
    ours = call.world.account.customer_id
    return replace(reply, body=reply.body.replace(ours.encode(), f"A2{ours[2:][::-1]}".encode()))


def _with_member(reply: Reply, member: bytes) -> Reply:
    """One more member in front of a JSON object; any other answer stays as it is."""
    if not reply.body.startswith(b"{"):
        return reply
    comma = b"" if reply.body == b"{}" else b","
    return replace(reply, body=b"{" + member + comma + reply.body[1:])


def _deep(_call: Call, fault: Fault, reply: Reply) -> Reply:
    depth = fault.n or _DEEP
    return _with_member(reply, b'"more":' + b"[" * depth + b"]" * depth)


def _huge(_call: Call, fault: Fault, reply: Reply) -> Reply:
    return _with_member(reply, b'"more":"' + b"x" * (fault.n or _TOO_MUCH) + b'"')


def _huge_gzip(call: Call, fault: Fault, reply: Reply) -> Reply:
    body = gzip.compress(_huge(call, fault, reply).body, 9)
    return replace(reply, body=body, headers=(*reply.headers, ("content-encoding", "gzip")))


def _no_cookies(_call: Call, _fault: Fault, _reply: Reply) -> Reply:
    return replies.as_json({"response": {"tokens": {"cookies": {}}}})


_AFTER: dict[Kind, Callable[[Call, Fault, Reply], Reply]] = {
    Kind.WRONG_ACCOUNT: _wrong_account,
    Kind.TRUNCATE: lambda _call, _, reply: replace(reply, body=reply.body[: len(reply.body) // 2]),
    Kind.CUT: lambda _call, _, reply: replace(reply, ending=Ending.CUT),
    Kind.RESET_AFTER: lambda _call, _, reply: replace(reply, ending=Ending.RESET),
    Kind.HANG_AFTER: lambda _call, fault, reply: replace(reply, ending=Ending.RESET).later(_wait(fault)),
    Kind.DEEP: _deep,
    Kind.HUGE: _huge,
    Kind.HUGE_GZIP: _huge_gzip,
    Kind.NO_COOKIES: _no_cookies,
}

STAGES = (frozenset(_BEFORE), frozenset({Kind.LATENCY}), frozenset(_PAGE), frozenset(_AFTER))
"""Kinds by stage; together all of `Kind`, each once."""
