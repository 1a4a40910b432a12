"""What is around the accounts: the clock, the request log, faults, the state file."""

import msgspec

# Importing them is what registers the faults.
from sandbox import damage, drift, page_damage, state  # noqa: F401
from sandbox.clock import parse_moment, rfc3339
from sandbox.control.call import Call, routes
from sandbox.faults import FAULTS, Rule
from sandbox.messages import Response, to_json
from sandbox.vendor import UnknownError


@routes.route("GET", "/clock")
def read_clock(call: Call) -> Response:
    clock = call.world.clock
    return to_json({"now": clock.now(), "time": rfc3339(clock.now()), "frozen": clock.frozen})


@routes.route("POST", "/clock")
def change_clock(call: Call) -> Response:
    """Apply any of set (seconds or RFC 3339), advance (seconds) and freeze (true or false)."""
    clock, body = call.world.clock, call.body
    if "freeze" in body:
        (clock.freeze if body["freeze"] else clock.release)()
    if "set" in body:
        clock.set(parse_moment(str(body["set"])))
    if "advance" in body:
        clock.advance(float(body["advance"]))
    return read_clock(call)


@routes.route("GET", "/requests")
def read_requests(call: Call) -> Response:
    args = call.request.args
    entries = call.world.journal.read(args.get("vendor", ""), args.get("account", ""), int(args.get("since", "0")))
    return to_json({"requests": entries})


@routes.route("DELETE", "/requests")
def clear_requests(call: Call) -> Response:
    call.world.journal.clear()
    return Response(204, content_type="")


@routes.route("GET", "/faults")
def read_faults(call: Call) -> Response:
    return to_json({"faults": call.world.faults.report(), "known": sorted(FAULTS)})


@routes.route("POST", "/faults")
def add_faults(call: Call) -> Response:
    """Append one rule, or a list of them."""
    given = call.request.json
    rules = msgspec.convert(given if isinstance(given, list) else [given], list[Rule])
    for rule in rules:
        if rule.fault not in FAULTS:
            raise ValueError(f"no fault {rule.fault}")
    for rule in rules:
        call.world.faults.add(rule)
    return to_json({"faults": call.world.faults.report()}, 201)


@routes.route("DELETE", "/faults")
def clear_faults(call: Call) -> Response:
    call.world.faults.clear()
    return Response(204, content_type="")


@routes.route("POST", "/state")
def save_state(call: Call) -> Response:
    """Write the state file now."""
    if call.world.settings.state is None:
        raise UnknownError("started without a state file")
    state.save(call.world.settings.state, call.world.clock, call.world.vendors)
    return Response(204, content_type="")
