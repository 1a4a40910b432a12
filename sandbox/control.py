"""The control API under /_sandbox: the clock, accounts, records, the oracle, faults, limits, the request log."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import msgspec

# Importing them is what registers the faults.
from sandbox import damage as _damage  # noqa: F401
from sandbox import page_damage as _page_damage  # noqa: F401
from sandbox import state
from sandbox.clock import Clock, parse_moment, rfc3339
from sandbox.faults import FAULTS, FaultPlan, Rule
from sandbox.journal import Journal
from sandbox.messages import BadBodyError, Request, Response, to_json
from sandbox.router import Router
from sandbox.settings import Limit, Settings
from sandbox.vendor import Account, Line, UnknownError, Vendor

BATCH = 500  # lines of the oracle in one chunk


@dataclass
class Call:
    control: "Control"
    request: Request
    params: dict[str, str]

    @property
    def vendor(self) -> Vendor:
        name = self.params["vendor"]
        if name not in self.control.vendors:
            raise UnknownError(f"no vendor {name}")
        return self.control.vendors[name]

    @property
    def account(self) -> Account:
        return self.vendor.account(self.request.args.get("account", ""))

    @property
    def body(self) -> dict[str, Any]:
        body = self.request.json
        return body if isinstance(body, dict) else {}


routes: Router[Call] = Router()


class Control:
    def __init__(
        self, settings: Settings, clock: Clock, vendors: Mapping[str, Vendor], faults: FaultPlan, journal: Journal
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.vendors = vendors
        self.faults = faults
        self.journal = journal

    def answer(self, request: Request) -> Response:
        found = routes.find(request.method, request.path)
        if found is None:
            return to_json({"error": f"no {request.method} {request.path} in the control API"}, 404)
        view, params = found
        try:
            return view(Call(self, request, params))
        except UnknownError as error:
            return to_json({"error": str(error)}, 404)
        except (BadBodyError, ValueError, KeyError, TypeError) as error:
            return to_json({"error": f"{type(error).__name__}: {error}"}, 400)


@routes.route("GET", "/clock")
def read_clock(call: Call) -> Response:
    clock = call.control.clock
    return to_json({"now": clock.now(), "time": rfc3339(clock.now()), "frozen": clock.frozen})


@routes.route("POST", "/clock")
def change_clock(call: Call) -> Response:
    """Apply any of set (seconds or RFC 3339), advance (seconds) and freeze (true or false)."""
    clock, body = call.control.clock, call.body
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
    entries = call.control.journal.read(args.get("vendor", ""), args.get("account", ""), int(args.get("since", "0")))
    return to_json({"requests": entries})


@routes.route("DELETE", "/requests")
def clear_requests(call: Call) -> Response:
    call.control.journal.clear()
    return Response(204, content_type="")


@routes.route("GET", "/faults")
def read_faults(call: Call) -> Response:
    return to_json({"faults": call.control.faults.report(), "known": sorted(FAULTS)})


@routes.route("POST", "/faults")
def add_faults(call: Call) -> Response:
    """Append one rule, or a list of them."""
    given = call.request.json
    rules = msgspec.convert(given if isinstance(given, list) else [given], list[Rule])
    for rule in rules:
        if rule.fault not in FAULTS:
            raise ValueError(f"no fault {rule.fault}")
    for rule in rules:
        call.control.faults.add(rule)
    return to_json({"faults": call.control.faults.report()}, 201)


@routes.route("DELETE", "/faults")
def clear_faults(call: Call) -> Response:
    call.control.faults.clear()
    return Response(204, content_type="")


@routes.route("POST", "/state")
def save_state(call: Call) -> Response:
    """Write the state file now."""
    if call.control.settings.state is None:
        raise UnknownError("started without a state file")
    state.save(call.control.settings.state, call.control.clock, call.control.vendors)
    return Response(204, content_type="")


@routes.route("GET", "/{vendor}")
def read_vendor(call: Call) -> Response:
    vendor = call.vendor
    accounts = {account.id: account.counts() for account in [vendor.account(), *vendor.accounts.values()]}
    return to_json({"settings": asdict(vendor.settings), "accounts": accounts})


@routes.route("PATCH", "/{vendor}")
def change_settings(call: Call) -> Response:
    """Change any setting of a vendor; limits are {"requests": 100, "seconds": 1}."""
    settings = call.vendor.settings
    for name, value in call.body.items():
        current = getattr(settings, name)
        setattr(settings, name, Limit(**value) if isinstance(current, Limit) else msgspec.convert(value, type(current)))
    return to_json(asdict(settings))


@routes.route("POST", "/{vendor}/accounts")
def seed_account(call: Call) -> Response:
    """Make or reset an account: {"account", "seed", "sizes": {collection: count}}."""
    vendor, body = call.vendor, call.body
    sizes = msgspec.convert(body.get("sizes", {}), dict[str, int])
    account_id = body.get("account") or vendor.default_account
    account = vendor.seed(account_id, int(body.get("seed", vendor.shared.seed)), sizes)
    return to_json({"account": account.id, "counts": account.counts()}, 201)


@routes.route("POST", "/{vendor}/tokens")
def mint_token(call: Call) -> Response:
    """Give out an access token without the consent page: {"scopes", "seconds"}."""
    vendor = call.vendor
    scopes = call.body.get("scopes") or vendor.all_scopes()
    grant = vendor.grants.consent(call.account.id, scopes)
    token = vendor.grants.access(grant, vendor.clock.now(), vendor.token_prefix(), call.body.get("seconds"))
    refresh_token = vendor.grants.refresher(grant)
    return to_json({"access_token": token, "refresh_token": refresh_token, "account": grant.account, "scopes": scopes})


@routes.route("POST", "/{vendor}/revoke")
def revoke(call: Call) -> Response:
    """Take back every consent that an account gave."""
    for grant in call.vendor.grants.of_account(call.account.id):
        grant.revoked = True
    return Response(204, content_type="")


@routes.route("POST", "/{vendor}/expire_cursors")
def expire_cursors(call: Call) -> Response:
    """Make the cursors given out so far answer that a reset is needed."""
    call.account.expire_cursors()
    return Response(204, content_type="")


@routes.route("POST", "/{vendor}/{collection}/create")
def create(call: Call) -> Response:
    """Create {"count"} records, each with {"values"} over what the seed gives."""
    body, account = call.body, call.account
    with account.lock:
        keys = account.create(call.params["collection"], int(body.get("count", 1)), _values(call))
    return to_json({"keys": keys}, 201)


@routes.route("POST", "/{vendor}/{collection}/change")
def change(call: Call) -> Response:
    """Change the records {"keys"}, or {"count"} of them from {"first"} on."""
    account = call.account
    with account.lock:
        return to_json({"keys": account.change(call.params["collection"], _keys(call), _values(call))})


@routes.route("POST", "/{vendor}/{collection}/delete")
def delete(call: Call) -> Response:
    account = call.account
    with account.lock:
        return to_json({"keys": account.delete(call.params["collection"], _keys(call))})


@routes.route("GET", "/{vendor}/{collection}")
def read_oracle(call: Call) -> Response:
    """Stream {"key", "parent", "record"} lines: every live record, byte for byte as listed but for white space."""
    account = call.account
    lines = account.lines(call.params["collection"], call.request.args)
    return Response(200, _chunks(call, account, lines), "application/x-ndjson")


@routes.route("GET", "/{vendor}/{collection}/deleted")
def read_deletions(call: Call) -> Response:
    deletions = call.account.deletions(call.params["collection"])
    return to_json({"deleted": [{"key": key, "time": when} for key, when in deletions.items()]})


def _keys(call: Call) -> list[str]:
    body = call.body
    if "keys" in body:
        return msgspec.convert(body["keys"], list[str])
    return call.account.keys(call.params["collection"], int(body.get("first", 0)), int(body.get("count", 1)))


def _values(call: Call) -> dict[str, Any]:
    """Return the fields to set; those in "raw" are JSON text to be kept as it is, even if it is no JSON."""
    raw = {name: msgspec.Raw(text.encode("utf-8", "surrogatepass")) for name, text in call.body.get("raw", {}).items()}
    return {**call.body.get("values", {}), **raw}


def _chunks(call: Call, account: Account, lines: Iterator[Line]) -> Iterator[bytes]:
    while True:
        with account.lock:
            batch = b"".join(_line(line) for line in islice(lines, BATCH))
        if not batch:
            return
        yield call.vendor.localize(batch, call.request)


def _line(line: Line) -> bytes:
    return b'{"key":%s,"parent":%s,"record":%s}\n' % (
        msgspec.json.encode(line.key), msgspec.json.encode(line.parent), line.record
    )  # fmt: skip
