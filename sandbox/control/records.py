"""Vendors, their accounts and records, and the oracle."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import msgspec

from sandbox.control.call import Call, routes
from sandbox.messages import Response, to_json
from sandbox.settings import Limit
from sandbox.vendor import Account, Line
from sandbox.webhooks import Occasion, send

BATCH = 500  # lines of the oracle in one chunk


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


@routes.route("POST", "/{vendor}/notify")
def notify(call: Call) -> Response:
    """Send one webhook now: {"url", "secret", "collection", "key"}; the secret is the client's unless given."""
    vendor, body = call.vendor, call.body
    secret = str(body.get("secret") or vendor.settings.client_secret)
    about = (call.account.id, str(body.get("collection", "")), str(body.get("key", "")))
    occasion = Occasion(str(body["url"]), secret, *about, vendor.clock.millis())
    try:
        return to_json({"status": send(occasion.url, vendor.notification(occasion))})
    except OSError as error:
        return to_json({"error": f"nobody answers: {error}"}, 502)


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
