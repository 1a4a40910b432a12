"""Acme, invoices: https://docs.acme.example."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import (
    Connector,
    Deletes,
    Fetch,
    Identity,
    Limit,
    OAuth,
    Reading,
    Request,
    Stream,
)
from chalicelib.connectors.paging import BodyCursor, answered


class Invoices(msgspec.Struct, rename={"rows": "invoices", "cursor": "next_cursor"}):
    rows: list[Raw]
    cursor: str | None  # no default: an answer without it is not whole


class Me(msgspec.Struct):
    id: str
    name: str


def all_invoices(_reading: Reading) -> Request:
    return Request("/v1/invoices", params={"limit": 100}, size_param="limit")


def identify(fetch: Fetch, _answer: Mapping[str, Any]) -> Identity:
    me, _ = answered(fetch, Request("/v1/me"), Me)
    return Identity(me.id, me.name)


ACME = Connector(
    name="acme",
    title="Acme",
    category="accounting",
    host="https://api.acme.example",
    auth=OAuth(
        authorize_url="https://acme.example/oauth/authorize",
        token_url="https://api.acme.example/oauth/token",
        scopes=("invoices.read",),
        identify=identify,
    ),
    streams=(
        Stream(
            "invoices",
            full=BodyCursor(all_invoices, Invoices, param="cursor"),
            deletes=Deletes("sweep"),
            scopes=("invoices.read",),
            restorable=True,
        ),
    ),
    headers=lambda tokens: {"Authorization": f"Bearer {tokens['access_token']}"},
    refusal=lambda _status, _headers, _body: None,
    limits={"default": Limit(600, 60)},
    docs="https://docs.acme.example",
)
