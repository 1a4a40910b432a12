"""The file manager: files, folders, signed URLs, contents."""

import base64
import hashlib
import hmac
import sys
from collections.abc import Callable, Iterator
from itertools import islice

from sandbox.chance import seed_of
from sandbox.clock import rfc3339
from sandbox.collection import Record
from sandbox.hubspot import errors, listing, shelves
from sandbox.hubspot.account import HubSpotAccount
from sandbox.hubspot.call import API, Call, paged, routes
from sandbox.messages import Request, Response, to_json
from sandbox.multipart import parts_of

FILES = "/files/v3/files"
FOLDERS = "/files/v3/folders"
LIMIT = 100
CAP = 10_000
SCOPES = ("files", "files.ui_hidden.read")
SIGNED = "/filemanager/api/v3/files/{portal}/{key}/content"
SIGNED_SECONDS = 3600
SIGNING_KEY = b"sandbox signed urls"
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "": lambda value, bound: value == bound,
    "Gte": lambda value, bound: value >= bound,
    "Lte": lambda value, bound: value <= bound,
}


@routes.route("GET", FILES + "/search")
def search_files(call: Call) -> Response:
    return _search(call, "files")


@routes.route("GET", FOLDERS + "/search")
def search_folders(call: Call) -> Response:
    return _search(call, "folders")


def _search(call: Call, shelf: str) -> Response:
    """Page by `after`, a cursor that names the next row; sorted by id unless `sort` says otherwise."""
    call.needs(*SCOPES)
    limit, start = call.limit(LIMIT, 20), _start(call.request.args.get("after"))
    found = list(islice(_sorted(call, shelf), start, start + limit + 1))
    return paged(call, found[:limit], _cursor(start + limit) if len(found) > limit else None)


def _cursor(row: int) -> str:
    return base64.b64encode(str(row).encode()).decode()


def _start(after: str | None) -> int:
    """Read the row that a cursor names; refuses one beyond those that a search shows."""
    try:
        row = int(base64.b64decode(after)) if after else 0
    except ValueError as error:
        raise errors.invalid(f"Invalid after: {after}") from error
    if row > CAP:
        raise errors.invalid(f"Invalid after: {after}. The maximum offset is {CAP}.")
    return row


def _sorted(call: Call, shelf: str) -> Iterator[Record]:
    rows, args = call.account.shelves[shelf], call.request.args
    records = (rows.record(ordinal) for ordinal in rows.live(range(rows.end)))
    wanted = (record for record in records if _matches(record, args))
    name = args.get("sort", "")
    if not name:
        return wanted
    return iter(sorted(wanted, key=lambda record: str(record.get(name.lstrip("-"))), reverse=name.startswith("-")))


def _matches(record: Record, args: dict[str, str]) -> bool:
    for name in ("createdAt", "updatedAt"):
        for suffix, holds in OPERATORS.items():
            if name + suffix in args and not holds(record[name], listing.moment(args[name + suffix])):
                return False
    if int(record["id"]) not in range(int(args.get("idGte", 0)), int(args.get("idLte", sys.maxsize)) + 1):
        return False
    folder = args.get("parentFolderIds")
    return folder is None or str(record["parentFolderId"]) in folder.split(",")


@routes.route("GET", FILES + "/{fileId}")
def read_file(call: Call) -> Response:
    call.needs(*SCOPES)
    return to_json(call.account.shelves["files"].record(_file(call)))


@routes.route("GET", FILES + "/{fileId}/signed-url")
def sign_url(call: Call) -> Response:
    """Give a URL that serves the contents to whoever has it, for an hour."""
    call.needs(*SCOPES)
    record = call.account.shelves["files"].record(_file(call))
    seconds = int(call.request.args.get("expirationSeconds", str(SIGNED_SECONDS)))
    expires = call.account.clock.seconds() + seconds
    path = SIGNED.format(portal=call.account.id, key=record["id"])
    url = f"{API}{path}?expires={expires}&signature={_signature(path, expires)}"
    shown = {name: record[name] for name in ("name", "extension", "type", "size", "height", "width")}
    return to_json({"expiresAt": rfc3339(expires), "url": url, **shown})


def read_signed(account: HubSpotAccount, request: Request, key: str, now: float) -> Response:
    """Serve contents to the bearer of a signed URL; no token is needed."""
    expires = request.args.get("expires", "")
    genuine = expires.isdigit() and hmac.compare_digest(
        request.args.get("signature", ""), _signature(request.path, int(expires))
    )
    if not genuine or int(expires) <= now:
        return Response(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    ordinal = account.shelves["files"].find(key)
    if ordinal is None:
        return Response(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
    return Response(200, contents_of(account, ordinal), "image/png")


def contents_of(account: HubSpotAccount, ordinal: int) -> bytes:
    key = account.shelves["files"].key(ordinal)
    return account.contents.get(key) or shelves.contents(seed_of(account.seed, "files"), ordinal)


def _signature(path: str, expires: int) -> str:
    return hmac.new(SIGNING_KEY, f"{path}{expires}".encode(), hashlib.sha256).hexdigest()


@routes.route("POST", FILES)
def upload(call: Call) -> Response:
    """Store a multipart upload with the part `file`."""
    call.needs("files")
    parts = parts_of(call.request)
    if "file" not in parts:
        raise errors.invalid("The file is required")
    name, body = parts["file"]
    stem, _, extension = name.rpartition(".")
    ordinal = call.account.cabinet.add(
        "files",
        {
            "name": stem or name, "extension": extension, "path": f"/{name}", "size": len(body),
            "fileMd5": hashlib.md5(body, usedforsecurity=False).hexdigest(), "parentFolderId": None,
        },
    )  # fmt: skip
    rows = call.account.shelves["files"]
    call.account.contents[rows.key(ordinal)] = body
    return to_json(rows.record(ordinal), 201)


@routes.route("DELETE", FILES + "/{fileId}", FILES + "/{fileId}/gdpr-delete")
def delete_file(call: Call) -> Response:
    call.needs("files")
    call.account.shelves["files"].delete(_file(call), call.account.clock.millis())
    return Response(204, content_type="")


@routes.route("POST", FOLDERS)
def create_folder(call: Call) -> Response:
    call.needs("files")
    name = str(call.body["name"])
    ordinal = call.account.cabinet.add("folders", {"name": name, "path": f"/{name}"})
    return to_json(call.account.shelves["folders"].record(ordinal), 201)


def _file(call: Call) -> int:
    ordinal = call.account.shelves["files"].find(call.params["fileId"])
    if ordinal is None:
        raise errors.missing(f"File {call.params['fileId']} does not exist")
    return ordinal
