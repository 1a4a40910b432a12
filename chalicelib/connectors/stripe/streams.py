"""Stripe's streams: where each is listed, which events tell of its changes, and what of it can be restored."""

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.connectors.apart import Apart
from chalicelib.connectors.connector import Children, Deletes, Reader, Stream, Window
from chalicelib.connectors.stripe.events import RETAINED, Changes, retained
from chalicelib.connectors.stripe.lists import (
    created_since,
    everything,
    expanding,
    in_turn,
    marked,
    optional,
    per_parent,
)
from chalicelib.connectors.stripe.nested import Nested

WEEK = timedelta(days=7)
OPENED = Window("created", earliest="1293840000")
LEDGER_LOOK_BACK_SECONDS = 14 * 86_400
NESTED_BATCH = 100
MONEY = "Stripe makes these itself; they cannot be created"
SCOPES = ("read_only",)
CLOCKED = "What lives by a test clock, which there is in test mode only, is left out: Stripe's lists do not show it."


def evented(
    name: str,
    types: dict[str, str],
    *,
    path: str = "",
    dated: bool = True,
    cursor: str | None = "created",
    swept: timedelta = WEEK,
    cannot: str = "",
    expand: tuple[str, ...] = (),
    about: str = "",
    **filters: str,
) -> Stream:
    """Declare a collection whose changes events tell of; `dated` ones can be listed by when they were created.

    `expand` names members that Stripe sends only on request. They are asked for in every way of reading, so that a
    record has the same bytes in all of them.
    """
    path = path or f"/v1/{name}"
    params = {**filters, **expanding(expand, "data.")}
    return Stream(
        name,
        full=everything(path, **params),
        changes=Changes(types, path + "/{id}", created_since(path, params=params) if dated else None, expand=expand),
        deletes=Deletes("events", swept),
        cursor=cursor,
        retains=RETAINED,
        window=OPENED if dated else None,
        scopes=SCOPES,
        restorable=not cannot,
        not_restorable_because=cannot,
        about=about,
    )


def half_listed(
    name: str,
    types: dict[str, str],
    *,
    lists: Sequence[dict[str, str]] = ({},),
    cannot: str = "",
    expand: tuple[str, ...] = (),
    edition: int = 2,
    about: str,
) -> Stream:
    """Declare a collection whose `lists` leave some out: only events show those, and nothing else that they are gone.

    A full reading looks at the events, too: it would not notice otherwise what has left the list since the last one.
    None is ever due, so that whatever more is asked for of such a collection needs an `edition` of its own.
    """
    path = f"/v1/{name}"
    changes = Changes(types, path + "/{id}", expand=expand)
    return Stream(
        name,
        full=in_turn(_lists(path, lists, expand), retained(changes)),
        changes=changes,
        deletes=Deletes("events", listed_whole=False),
        cursor="created",
        retains=RETAINED,
        edition=edition,
        scopes=SCOPES,
        restorable=not cannot,
        not_restorable_because=cannot,
        about=about,
    )


def listed(
    name: str,
    *,
    path: str = "",
    lists: Sequence[dict[str, str]] = ({},),
    dated: bool = True,
    cannot: str = "",
    expand: tuple[str, ...] = (),
    needs_product: bool = False,
) -> Stream:
    """Declare a collection without events, listed in full every time: in one list, or in two between which it moves."""
    in_use, *set_aside = (_lists(path or f"/v1/{name}", (filters,), expand) for filters in lists)
    reader = Apart("reader", (0, in_use), (1, set_aside[0])) if set_aside else in_use
    return Stream(
        name,
        full=optional(reader) if needs_product else reader,
        deletes=Deletes("sweep"),
        cursor="created" if dated else None,
        window=OPENED if dated and not needs_product else None,
        scopes=SCOPES,
        restorable=not cannot,
        not_restorable_because=cannot,
    )


def _lists(path: str, lists: Sequence[dict[str, str]], expand: tuple[str, ...]) -> Reader:
    return in_turn(*(everything(path, **filters, **expanding(expand, "data.")) for filters in lists))


def ledger(name: str, look_back_seconds: int = LEDGER_LOOK_BACK_SECONDS) -> Stream:
    """Declare a collection of lasting entries, found by when they were created; only recent ones still change."""
    path = f"/v1/{name}"
    return Stream(
        name,
        full=everything(path),
        changes=created_since(path, look_back_seconds=look_back_seconds),
        deletes=Deletes("never", WEEK),
        cursor="created",
        window=OPENED,
        scopes=SCOPES,
        not_restorable_because=MONEY,
    )


def nested(name: str, of: str, member: str, path: str, *, param: str = "", cannot: str = "") -> Stream:
    """Declare a list inside its parent's objects."""
    return _child(name, Nested(member, path, param), Children(of, batch=NESTED_BATCH), cannot=cannot)


def asked(name: str, of: str, path: str, *, param: str = "", always: bool = False, cannot: str = "") -> Stream:
    """Declare a list that is asked for once per parent."""
    children = Children(of, when="always" if always else "changed")
    return _child(name, per_parent(path, param), children, cannot=cannot)


def _child(name: str, reader: Reader, children: Children, *, cannot: str) -> Stream:
    return Stream(
        name,
        full=reader,
        deletes=Deletes("sweep", WEEK),
        children=children,
        scopes=SCOPES,
        restorable=not cannot,
        not_restorable_because=cannot,
    )


def owned(name: str, of: str, path: str, types: dict[str, str], *, parent: str, cannot: str = "") -> Stream:
    """Declare a list per parent whose changes events tell of."""
    return Stream(
        name,
        full=marked(per_parent(path)),
        changes=Changes(types, path + "/{id}", parent=parent),
        deletes=Deletes("events", WEEK),
        retains=RETAINED,
        children=Children(of),
        scopes=SCOPES,
        restorable=not cannot,
        not_restorable_because=cannot,
        about=CLOCKED,
    )


def types(kind: str, suffixes: str, field: str = "id") -> dict[str, str]:
    """Name events of one kind, and where their object holds the id of what changed."""
    return {f"{kind}.{suffix}": field for suffix in suffixes.split()}
