"""HubSpot's streams of files, forms, e-mails, workflows, conversations and web content."""

from dataclasses import replace

import msgspec
from msgspec import Raw

from chalicelib.connectors.connector import (
    Children,
    Content,
    Deletes,
    Fetch,
    Page,
    Position,
    Reading,
    Request,
    Stream,
)
from chalicelib.connectors.hubspot.batches import lacking, singly
from chalicelib.connectors.hubspot.capped import capped
from chalicelib.connectors.hubspot.pages import HubSpotPage, everything, per_parent
from chalicelib.connectors.hubspot.settings import setting
from chalicelib.connectors.hubspot.withdrawn import both
from chalicelib.connectors.lines import value
from chalicelib.connectors.paging import answered, record_id

FLOWS = "/automation/v4/flows"


class _Signed(msgspec.Struct):
    url: str


def _signed(fetch: Fetch, line: bytes) -> Request:
    """Ask for a file's passing address, at a host that must not see our token."""
    answer, _ = answered(fetch, Request(f"/files/v3/files/{value(line, 'id')}/signed-url"), _Signed)
    return Request(answer.url, authorized=False)


def _fingerprint(line: bytes) -> str:
    """Name a file's contents: by their MD5, else by the file and when it was changed last."""
    return str(value(line, "fileMd5") or f"{value(line, 'id')}@{value(line, 'updatedAt')}")


def workflows(fetch: Fetch, reading: Reading, position: Position | None) -> Page:
    """List workflows, then read each with its actions: the list has only their names."""
    page = everything(FLOWS)(fetch, reading, position)
    if not page.records:
        return page
    ids = [record_id(row) for row in page.records]
    inputs = [{"flowId": each, "type": "FLOW_ID"} for each in ids]
    answer, _ = answered(fetch, Request(f"{FLOWS}/batch/read", "POST", body={"inputs": inputs}), HubSpotPage)
    rest = singly(fetch, lacking(ids, answer.rows), lambda each: Request(f"{FLOWS}/{each}"), Raw)
    return replace(page, records=[*answer.rows, *rest])


def _child(
    name: str, of: str, path: str, *scopes: str, key: str = "id", always: bool = False, cannot: str = "", limit: int
) -> Stream:
    return Stream(
        name,
        full=per_parent(path, limit=limit),
        key=key,
        deletes=Deletes("sweep"),
        children=Children(of, when="always" if always else "changed"),
        scopes=scopes,
        restorable=not cannot,
        not_restorable_because=cannot,
    )


FILES: tuple[Stream, ...] = (
    Stream(
        "files",
        full=capped("/files/v3/files/search"),
        deletes=Deletes("sweep"),
        cursor="updatedAt",
        content=Content(
            _fingerprint,
            _signed,
            size=lambda line: value(line, "size"),
            checksum="md5",
            expected=lambda line: value(line, "fileMd5"),
        ),
        scopes=("files",),
        restorable=True,
    ),
    setting("folders", capped("/files/v3/folders/search"), scopes=("files",)),
)

MARKETING: tuple[Stream, ...] = (
    setting("forms", both("/marketing/v3/forms", formTypes="all"), scopes=("forms",)),
    _child(
        "form_submissions",
        "forms",
        "/form-integrations/v1/submissions/forms/{parent}",
        "forms",
        key="conversionId",
        always=True,
        cannot="a submission sent again would run its form's automations again",
        limit=50,
    ),
    setting("marketing_emails", both("/marketing/v3/emails"), scopes=("marketing-email",)),
    setting("workflows", workflows, scopes=("automation",)),
    setting(
        "conversation_threads",
        everything("/conversations/v3/conversations/threads"),
        scopes=("conversations.read",),
        cannot="conversations cannot be written back in other people's names",
    ),
    _child(
        "conversation_messages",
        "conversation_threads",
        "/conversations/v3/conversations/threads/{parent}/messages",
        "conversations.read",
        cannot="conversations cannot be written back in other people's names",
        limit=100,
    ),
)

_WEB = {
    "site_pages": "/cms/v3/pages/site-pages",
    "landing_pages": "/cms/v3/pages/landing-pages",
    "blog_posts": "/cms/v3/blogs/posts",
    "blog_authors": "/cms/v3/blogs/authors",
    "blog_tags": "/cms/v3/blogs/tags",
    "url_redirects": "/cms/v3/url-redirects",
}

WEB: tuple[Stream, ...] = (*(setting(name, both(path), scopes=("content",)) for name, path in _WEB.items()),)
