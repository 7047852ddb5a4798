"""The web application: which path of which host is served by what."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import Host, Mount, Route, Router

from agent.simulator import deletion, history, login, page, practice, registration, signin, spoken, telemetry
from agent.simulator.account import MARKETPLACES
from agent.simulator.desk import Aim, Desk, Handler
from agent.simulator.lines import Lines
from agent.simulator.scenario import Target
from agent.simulator.world import World

_ANY = ["GET", "POST", "PUT", "DELETE", "PATCH"]
_CSRF_PAGES = (
    "/api/language",
    "/spa/index.html",
    "/templates/oobe/d-device-pick.handlebars",
    "/api/strings",
)


def application(world: World, lines: Lines) -> Starlette:
    """The whole practice cloud for one world."""

    def route(method: str, path: str, handler: Handler, aim: Target | Aim | None) -> Route:
        methods = _ANY if method == "*" else [method]
        return Route(path, Desk(world, lines, handler, aim), methods=methods)

    steering = [
        route("GET", "/truth", practice.show_truth, None),
        route("POST", "/advance", practice.advance, None),
        route("POST", "/dials", practice.change_dials, None),
        route("POST", "/say", practice.say, None),
    ]
    dead = route("*", "/{rest:path}", history.dead, Target.DEAD)
    hosts = {"www": _retail(route), "api": _api(route), "alexa": _alexa(route)}
    known = [
        Host(f"{part}.{domain}", Router([*routes, dead]))
        for domain in MARKETPLACES
        for part, routes in hosts.items()
    ]
    return Starlette(
        routes=[Mount("/_practice", Router(steering)), *_own_first(known, world), Mount("/", Router([dead]))]
    )


def _own_first(hosts: list[Host], world: World) -> list[Host]:
    """Routing tries hosts in order: those of the account come first."""
    return sorted(hosts, key=lambda each: not each.host.endswith("." + world.account.domain))


_Maker = Callable[[str, str, Handler, Target | Aim | None], Route]


def _retail(route: _Maker) -> list[Route]:
    rvh, rah = "/alexa-privacy/apd/rvh", "/alexa-privacy/apd/rah"
    listings = (
        (f"{rvh}/customer-history-records-v2", history.voice, Target.VOICE),
        (f"{rah}/alexa-history-records-v2", history.activity, Target.ACTIVITY),
    )
    return [
        *(route("POST", path + end, handler, aim) for path, handler, aim in listings for end in ("", "/")),
        route("GET", "/alexa-privacy/apd/csrf-token", signin.plain_anti_csrf, Target.ANTI_CSRF),
        route("GET", rvh, page.voice_page, Target.ANTI_CSRF),
        route("GET", "/alexa-privacy/apd/activity", page.activity_page, Target.ANTI_CSRF),
        route("GET", f"{rvh}/audio", history.audio, Target.AUDIO),
        route("GET", telemetry.PLAYABLE, telemetry.playable, Target.AUDIO),
        route("POST", telemetry.METRICS, telemetry.swallow, Target.TELEMETRY),
        route("POST", telemetry.BEACON, telemetry.swallow, Target.TELEMETRY),
        route("POST", "/ap/exchangetoken/cookies", signin.cookies, Target.COOKIES),
        route("GET", "/ap/signin", login.arrive, Target.SIGN_IN),
        route("GET", "/ap/register", login.arrive, Target.SIGN_IN),
        route("POST", "/ap/signin", login.go_on, Target.SIGN_IN),
        route("GET", "/ap/maplanding", login.landing, Target.SIGN_IN),
        route("*", "/ap/mfa/{rest:path}", signin.step_up, Target.DEAD),
        route("*", "/ap/re-auth", signin.step_up, Target.DEAD),
        route("*", "/alexa-privacy/{rest:path}", deletion.delete, _deletion_aim),
    ]


def _api(route: _Maker) -> list[Route]:
    return [
        route("POST", "/auth/register", registration.register, Target.REGISTER),
        route("POST", "/auth/token", signin.token, Target.TOKEN),
        route("POST", "/auth/deregister", registration.deregister, Target.DEREGISTER),
        route("POST", "/ap/exchangetoken/cookies", signin.cookies, Target.COOKIES),
    ]


def _alexa(route: _Maker) -> list[Route]:
    return [
        route("GET", "/api/users/me", signin.users_me, Target.IDENTITY),
        route("GET", "/api/endpoints", signin.endpoints, Target.ENDPOINTS),
        route("GET", "/api/customer-status", signin.customer_status, Target.STATUS),
        route("GET", "/api/devices-v2/device", signin.devices, Target.DEVICES),
        route("POST", "/api/behaviors/preview", spoken.preview, Target.COMMAND),
        *(route("GET", path, signin.language, Target.LANGUAGE) for path in _CSRF_PAGES),
    ]


def _deletion_aim(world: World, method: str, path: str) -> tuple[Target, str]:
    """A step of the delete request, counted under its template, or a path that does not exist."""
    step = deletion.step_of(world.shape, method, path)
    if step is None:
        return Target.DEAD, path
    return Target.DELETE, world.shape.templates[step].path
