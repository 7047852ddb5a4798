"""The delete request: refused unless it is exactly of the shape of this practice cloud, then carried out."""

from agent.simulator import effects, guard, naming
from agent.simulator.axes import Answer, Scope, TicketPlace
from agent.simulator.call import Call
from agent.simulator.matching import MismatchError, match_json, match_pairs, match_path
from agent.simulator.recording import Recording
from agent.simulator.replies import HTML_TYPE, Reply, as_json, not_found
from agent.simulator.shapes import Shape
from agent.simulator.wire import CUSTOMER, END, START, TICKET, TOKEN, Template, Values
from agent.simulator.world import Asked, World


def step_of(shape: Shape, method: str, path: str) -> int | None:
    """Number of the step that has this method and still percent-encoded path, or None."""
    for number, template in enumerate(shape.templates):
        if method == template.method and match_path(template.path, path, Values()):
            return number
    return None


def delete(call: Call) -> Reply:
    """One step of a deletion: 404 page, 302, 400 or 403 for anything else."""
    shape = call.world.shape
    step = step_of(shape, call.method, call.path)
    if step is None:
        return not_found()
    template = shape.templates[step]
    refused = guard.retail(call)
    if refused is None and template.header:
        refused = guard.privacy(call)
    if refused is not None:
        return refused
    values = Values()
    try:
        _match(template, call, values)
    except MismatchError:
        return _invalid()
    if not template.header and TOKEN in values.one:
        refused = guard.anti_csrf(call, str(values.one[TOKEN]))
        if refused is not None:
            return refused
    return _confirmed(call, values) if step else _named(call, values)


def _match(template: Template, call: Call, values: Values) -> None:
    match_path(template.path, call.path, values)
    match_pairs(template.query, call.query, values)
    for name, value in template.headers:
        match_json(value, call.headers.get(name), values)
    if template.content_type and not call.is_type(template.content_type):
        raise MismatchError("another content type is expected")
    if template.json is not None:
        match_json(template.json, call.json, values)
    elif template.form:
        match_pairs(template.form, call.form, values)
    elif call.body:
        raise MismatchError("no body is expected")
    if values.one.get(CUSTOMER, call.world.account.customer_id) != call.world.account.customer_id:
        raise MismatchError("somebody else's customer id")


def _named(call: Call, values: Values) -> Reply:
    """The step that says what must go."""
    world, shape = call.world, call.world.shape
    asked = Asked(world.now(), shape.name, shape.scope.value, [])
    if shape.scope is Scope.RECORDS:
        keys = naming.keys_of(world, values.records)
        if keys is None:
            return _invalid()
        asked.keys = keys
    elif shape.scope is Scope.RANGE:
        asked.start, asked.end = int(values.one[START]), int(values.one[END])
        if asked.start > asked.end:
            return _invalid()
    if shape.axes.ticket is TicketPlace.NONE:
        return _accept(call, asked)
    ticket = world.rng.randbytes(12).hex()
    world.tickets[ticket] = asked
    return _TICKETS[shape.axes.ticket](ticket)


_TICKETS = {
    TicketPlace.TOP: lambda ticket: as_json({"ticket": ticket}),
    TicketPlace.DEEP: lambda ticket: as_json(
        {"data": {"requests": [{"state": "PENDING", "ticketId": ticket}]}}
    ),
    TicketPlace.HEADER: lambda ticket: as_json(
        {"accepted": True}, 200, ((TicketPlace.HEADER.value, ticket),)
    ),
}


def _confirmed(call: Call, values: Values) -> Reply:
    """The step that sends the ticket; each ticket works once."""
    asked = call.world.tickets.pop(str(values.one[TICKET]), None)
    return _invalid() if asked is None else _accept(call, asked)


def _accept(call: Call, asked: Asked) -> Reply:
    world = call.world
    asked.at = world.now()
    world.asked.append(asked)
    at_home = call.domain == world.account.domain
    effects.carry_out(world, _targets(world, asked) if at_home else [])
    return _ANSWERS[world.shape.axes.answer]()


_ANSWERS = {
    Answer.SUCCESS: lambda: as_json({"success": True}),
    Answer.EMPTY: lambda: Reply(200, b"", HTML_TYPE),
    Answer.NO_CONTENT: lambda: Reply(204, b"", HTML_TYPE),
    Answer.DATA: lambda: as_json({"data": {"result": {"status": "OK", "code": 0}}}),
}


def _targets(world: World, asked: Asked) -> list[Recording]:
    """The rows an accepted request means; keys that name nothing are passed over."""
    if asked.scope == Scope.RECORDS:
        rows = (world.by_key(key) for key in asked.keys)
        return [row for row in rows if row is not None]
    if asked.start is None or asked.end is None:
        return list(world.rows)
    return [row for row in world.rows if asked.start <= row.at <= asked.end]


def _invalid() -> Reply:
    return as_json({"message": "Invalid request"}, 400)
