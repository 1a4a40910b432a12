"""Dropbox, files: https://www.dropbox.com/developers/documentation/http/documentation."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import Raw

from chalicelib.connectors.connector import (
    Children,
    Connector,
    Deletes,
    Fetch,
    Limit,
    Page,
    Position,
    Reader,
    Reading,
    Stream,
)
from chalicelib.connectors.dropbox.calls import rpc
from chalicelib.connectors.dropbox.errors import refusal
from chalicelib.connectors.dropbox.files import CONTENT, Members, revisions
from chalicelib.connectors.dropbox.oauth import AUTH
from chalicelib.connectors.dropbox.sharing import file_requests, shared_folders, shared_links
from chalicelib.connectors.dropbox.tree import changes, tree

WEEK = timedelta(days=7)
FEED_LASTS = timedelta(days=365)
WHO = {"users": "user.account_id", "groups": "group.group_id", "invitees": "invitee.email"}


def account(fetch: Fetch, _reading: Reading, _position: Position | None) -> Page:
    """Read the account itself."""
    return Page([Raw(fetch(rpc("users/get_current_account")).body)], None)


def _listed(name: str, reader: Reader, key: str, scope: str, cannot: str = "") -> Stream:
    return Stream(
        name,
        full=reader,
        deletes=Deletes("sweep"),
        key=key,
        scopes=(scope,),
        restorable=not cannot,
        not_restorable_because=cannot,
    )


def _members(name: str, of: str, route: str, kind: str) -> Stream:
    always = of == "shared_folders"
    return Stream(
        name,
        full=Members(route, kind),
        deletes=Deletes("sweep", timedelta(0) if always else WEEK),
        key=WHO[kind],
        children=Children(of, when="always" if always else "changed"),
        scopes=("sharing.read",),
        restorable=True,
    )


STREAMS: tuple[Stream, ...] = (
    Stream(
        "files",
        full=tree,
        changes=changes,
        deletes=Deletes("feed", WEEK),
        key="path_lower",
        cursor="server_modified",
        retains=FEED_LASTS,
        content=CONTENT,
        scopes=("files.metadata.read", "files.content.read"),
        restorable=True,
        about="Files and folders under their path in lower case; the contents of files are kept by their hash.",
    ),
    Stream(
        "file_revisions",
        full=revisions,
        deletes=Deletes("never"),
        key="rev",
        cursor="server_modified",
        children=Children("files"),
        scopes=("files.metadata.read",),
        not_restorable_because="a revision is made by Dropbox when a file changes",
        about="Dropbox forgets revisions after its history window; what was backed up of them stays.",
    ),
    *(_members(f"file_{kind}", "files", "list_file_members", kind) for kind in WHO),
    _listed("shared_links", shared_links, "url", "sharing.read"),
    _listed("shared_folders", shared_folders, "shared_folder_id", "sharing.read"),
    *(_members(f"shared_folder_{kind}", "shared_folders", "list_folder_members", kind) for kind in WHO),
    _listed("file_requests", file_requests, "id", "file_requests.read"),
    _listed("account", account, "account_id", "account_info.read", "the account itself is set up at Dropbox"),
)


def headers(tokens: Mapping[str, Any]) -> Mapping[str, str]:
    """Authorise a request, and let it see the team's space where there is one."""
    authorization = {"Authorization": f"Bearer {tokens['access_token']}"}
    root = tokens.get("platform_data", {}).get("root_namespace_id")
    if not root:
        return authorization
    return authorization | {"Dropbox-API-Path-Root": json.dumps({".tag": "root", "root": root})}


DROPBOX = Connector(
    name="dropbox",
    title="Dropbox",
    category="files",
    host="https://api.dropboxapi.com",
    hosts=("https://content.dropboxapi.com",),
    auth=AUTH,
    streams=STREAMS,
    headers=headers,
    refusal=refusal,
    limits={"default": Limit(50, 1, adaptive=True), "content": Limit(50, 1, adaptive=True)},
    docs="https://www.dropbox.com/developers/documentation/http/documentation",
    lacks=(
        "file properties, which other apps add to files by their own templates",
        "tags",
        "how much space is used",
        "a team's members, groups and folders as such; files in team folders are backed up for a member who sees them",
    ),
)
