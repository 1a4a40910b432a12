"""The website: pages, the blog, redirects."""

from functools import partial

from sandbox.collection import Record
from sandbox.hubspot import errors, listing
from sandbox.hubspot.call import Call, routes
from sandbox.hubspot.shelves import BY_NAME
from sandbox.messages import Response, to_json

PATHS = {
    "/cms/v3/pages/site-pages": "site_pages",
    "/cms/v3/pages/landing-pages": "landing_pages",
    "/cms/v3/blogs/posts": "blog_posts",
    "/cms/v3/blogs/authors": "blog_authors",
    "/cms/v3/blogs/tags": "blog_tags",
    "/cms/v3/url-redirects": "url_redirects",
}
SCOPE = "content"
LIMIT = 100
SORTS = ("name", "createdAt", "updatedAt")


def list_rows(shelf: str, call: Call) -> Response:
    """List what the times asked for admit, by the time of creation unless `sort` says otherwise."""
    call.needs(SCOPE)
    limit, wanted = call.limit(LIMIT, LIMIT), listing.within_times(call, shelf)
    rows = call.account.shelves[shelf]
    total = sum(wanted(rows.record(n)) for n in call.account.cabinet.alive(shelf, call.flag("archived")))
    sort = call.request.args.get("sort", "")
    if sort in ("", "createdAt"):
        return listing.in_order(call, shelf, limit, wanted, total=total)
    return listing.by_member(call, shelf, _member(shelf, sort), limit, wanted, total=total)


def _member(shelf: str, sort: str) -> str:
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise errors.invalid(f"Invalid sort: {sort}")
    member = {"createdAt": BY_NAME[shelf].created, "updatedAt": BY_NAME[shelf].updated}.get(
        name, BY_NAME[shelf].touches
    )
    return sort.replace(name, member)


def read_one(shelf: str, call: Call) -> Response:
    call.needs(SCOPE)
    return to_json(_record(shelf, call))


def create(shelf: str, call: Call) -> Response:
    call.needs(SCOPE)
    ordinal = call.account.cabinet.add(shelf, _writable(shelf, call))
    return to_json(call.account.shelves[shelf].record(ordinal), 201)


def change(shelf: str, call: Call) -> Response:
    call.needs(SCOPE)
    return to_json(call.account.cabinet.change(shelf, _find(shelf, call), _writable(shelf, call)))


def archive(shelf: str, call: Call) -> Response:
    call.needs(SCOPE)
    call.account.cabinet.delete(shelf, _find(shelf, call))
    return Response(204, content_type="")


def _writable(shelf: str, call: Call) -> Record:
    """Return what the body sets; ids and times are the vendor's to give."""
    return {name: value for name, value in call.body.items() if name not in ("id", *_times(shelf))}


def _times(shelf: str) -> tuple[str, ...]:
    found = BY_NAME[shelf]
    return (found.created, found.updated, *((found.bin.member,) if found.bin else ()))


def _find(shelf: str, call: Call) -> int:
    return listing.find(call, shelf, call.params["objectId"])


def _record(shelf: str, call: Call) -> Record:
    return call.account.shelves[shelf].record(_find(shelf, call))


def _register() -> None:
    for path, shelf in PATHS.items():
        routes.add("GET", path, partial(list_rows, shelf))
        routes.add("POST", path, partial(create, shelf))
        routes.add("GET", path + "/{objectId}", partial(read_one, shelf))
        routes.add("PATCH", path + "/{objectId}", partial(change, shelf))
        routes.add("DELETE", path + "/{objectId}", partial(archive, shelf))


_register()
