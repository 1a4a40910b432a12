"""What a vendor may do wrong on one page, and how each fault changes an answer."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

NAMELESS = 3
REPEATS = {"repeated_page", "same_cursor"}
Kind = Literal[
    "error_body", "null_list", "empty_body", "html", "truncated_gzip", "truncated_json", "short_body",
    "status_401", "status_404", "status_429", "status_503", "reset", "repeated_page", "no_id", "same_cursor",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """Break the page that holds record `at`, however pages are cut, the first `times` times (None: for ever).

    Pages are repeated from `at` on, where they have one before them; ids are missing of the `NAMELESS` records at `at`.
    """

    kind: Kind
    at: int
    times: int | None = None

    def strikes(self, first: int, end: int, *, later: bool) -> bool:
        """Tell whether it breaks the page of records [first, end); `later` pages have one before them."""
        if self.kind in REPEATS:
            return later and end > self.at
        return first < self.at + (NAMELESS if self.kind == "no_id" else 1) and self.at < end


@dataclass(slots=True)
class Answer:
    """One answer before it is sent; `cut` sends no more than so many bytes of the body, then hangs up."""

    status: int
    body: bytes
    headers: dict[str, str]
    cut: int | None = None


def break_answer(kind: Kind, good: Answer, place: int) -> Answer:
    """Give the answer as the fault leaves it; `place` is where in the page the fault's record is."""
    return _without_ids(good, place) if kind == "no_id" else _BREAKS[kind](good)


def _json(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def _error(status: int, code: str) -> Callable[[Answer], Answer]:
    body = {"error": {"type": "api_error", "code": code, "message": f"The vendor says {code}."}}
    return lambda _good: _json(status, body)


def _html(_good: Answer) -> Answer:
    return Answer(
        200, b"<!doctype html><title>Log in</title><form>Log in to go on</form>", {"Content-Type": "text/html"}
    )


def _truncated_gzip(good: Answer) -> Answer:
    """Cut the coded body, but announce just the length that is sent: HTTP alone cannot tell."""
    coded = gzip.compress(good.body, 6, mtime=0)
    return Answer(200, coded[: len(coded) // 2], good.headers | {"Content-Encoding": "gzip"})


def _without_ids(good: Answer, place: int) -> Answer:
    page = json.loads(good.body)
    for record in page["data"][max(0, place) : max(0, place + NAMELESS)]:
        del record["id"]
    return Answer(200, json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode(), good.headers)


_BREAKS: dict[Kind, Callable[[Answer], Answer]] = {
    "error_body": lambda _good: _json(200, {"status": "error", "message": "internal error"}),
    "null_list": lambda _good: _json(200, {"object": "list", "url": "/", "has_more": False, "data": None}),
    "empty_body": lambda good: Answer(200, b"", good.headers),
    "html": _html,
    "truncated_gzip": _truncated_gzip,
    "truncated_json": lambda good: Answer(200, good.body[: len(good.body) // 2], good.headers),
    "short_body": lambda good: Answer(200, good.body, good.headers, cut=len(good.body) // 2),
    "status_401": _error(401, "api_key_expired"),
    "status_404": _error(404, "resource_missing"),
    "status_429": _error(429, "rate_limit"),
    "status_503": _error(503, "unavailable"),
    "reset": lambda good: Answer(200, good.body, good.headers, cut=-1),
    "repeated_page": lambda good: good,  # the server answers with the page before
    "same_cursor": lambda good: good,  # the same, for ever
}
