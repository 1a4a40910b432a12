"""The batch forms of endpoints; they all complete at once, as the vendor's may."""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from sandbox.collection import Record
from sandbox.dropbox import contents, errors, moving
from sandbox.dropbox.call import Call, View, route
from sandbox.dropbox.contents import WRITE
from sandbox.messages import RefusedError, Response, to_json

FOLDER_LIMIT = 10_000
LIMIT = 1000


@route("files/create_folder_batch", WRITE)
def create_folders(call: Call) -> Response:
    rename = bool(call.arg.get("autorename"))
    args = [{"path": path, "autorename": rename} for path in _many(call, "paths", FOLDER_LIMIT)]
    return _completed(_each(call, args, moving.create_folder))


@route("files/delete_batch", WRITE)
def delete_many(call: Call) -> Response:
    return _completed(_each(call, _many(call, "entries", LIMIT), moving.delete))


@route("files/move_batch_v2", WRITE)
def move_many(call: Call) -> Response:
    return _completed(_each(call, _many(call, "entries", LIMIT), moving.move, inner="success"))


@route("files/copy_batch_v2", WRITE)
def copy_many(call: Call) -> Response:
    return _completed(_each(call, _many(call, "entries", LIMIT), moving.copy, inner="success"))


@route("files/upload_session/finish_batch_v2", WRITE)
def finish_many(call: Call) -> Response:
    return to_json({"entries": _each(call, _many(call, "entries", LIMIT), contents.finish_session)})


def _many(call: Call, name: str, most: int) -> list[Record]:
    rows = call.arg.get(name)
    if not isinstance(rows, list) or len(rows) > most:
        raise errors.malformed(call.route, f"request body: {name}: a list of at most {most} was expected")
    return rows


def _each(call: Call, args: list[Record], view: View, inner: str = "") -> list[Record]:
    """Call an endpoint for every argument, turning refusals into failures in their places."""
    return [_one(lambda arg=arg: view(replace(call, given=arg)), inner) for arg in args]  # type: ignore[misc]


def _one(answer: Callable[[], Response], inner: str) -> Record:
    try:
        result = msgspec.json.decode(_body(answer()))
    except RefusedError as refused:
        if refused.response.status != 409:
            raise
        return {".tag": "failure", "failure": msgspec.json.decode(_body(refused.response))["error"]}
    return {".tag": "success", inner: result["metadata"]} if inner else {".tag": "success", **result}


def _body(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)


def _completed(entries: list[Record]) -> Response:
    return to_json({".tag": "complete", "entries": entries})
