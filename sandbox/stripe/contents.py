"""files.stripe.com: contents of files, links to them, uploads."""

from sandbox.chance import seed_of
from sandbox.messages import Response
from sandbox.multipart import parts_of
from sandbox.router import Router
from sandbox.spelling import encode, pretty
from sandbox.stripe import errors, views
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalog import BY_NAME
from sandbox.stripe.endpoints import Call
from sandbox.stripe.shapes import sublist

routes: Router[Call] = Router()
FILES = BY_NAME["files"]


def contents_of(account: StripeAccount, key: str) -> bytes:
    """Return what was uploaded, or what the seed gives for a file of that size."""
    if key in account.contents:
        return account.contents[key]
    rows = account.collections["files"]
    ordinal = rows.find(key)
    if ordinal is None:
        raise errors.missing("file upload", key, "file")
    size = int(rows.record(ordinal)["size"])
    block = f"%PDF {key} {seed_of(account.seed, key)}\n".encode()
    return (block * (size // len(block) + 1))[:size]


@routes.route("GET", "/v1/files/{id}/contents")
def read_contents(call: Call) -> Response:
    return Response(200, contents_of(call.account, call.params["id"]), "application/pdf")


@routes.route("GET", "/links/{id}")
def follow_link(call: Call) -> Response:
    rows = call.account.collections["file_links"]
    ordinal = rows.find(call.params["id"])
    if ordinal is None:
        raise errors.missing("file link", call.params["id"], "link")
    return Response(200, contents_of(call.account, rows.record(ordinal)["file"]), "application/pdf")


@routes.route("POST", "/v1/files")
def upload(call: Call) -> Response:
    """Store a multipart upload with the parts `purpose` and `file`."""
    parts = parts_of(call.request)
    if "file" not in parts or "purpose" not in parts:
        raise errors.invalid("Missing required param: file.", param="file", code="parameter_missing")
    filename, body = parts["file"]
    record = call.account.add(FILES, {"filename": filename, "size": len(body), "title": None, "type": "pdf"})
    stored = _completed(call.account, record["id"], parts["purpose"][1].decode())
    call.account.contents[record["id"]] = body
    return Response(200, pretty(encode(views.shown(FILES, stored))))


def _completed(account: StripeAccount, key: str, purpose: str) -> dict[str, object]:
    rows = account.collections["files"]
    ordinal = rows.find(key)
    assert ordinal is not None  # noqa: S101
    url = f"https://files.stripe.com/v1/files/{key}/contents"
    links = sublist(f"/v1/file_links?file={key}", [])
    return account.change_one(FILES, ordinal, {"purpose": purpose, "url": url, "links": links})
