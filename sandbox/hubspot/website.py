"""The website of an account: pages, the blog with its authors and tags, redirects."""

from typing import TYPE_CHECKING, Any

from sandbox.chance import Chance
from sandbox.clock import rfc3339_millis
from sandbox.hubspot.shelf import Bin, Fill, Shelf, stamps
from sandbox.oddities import COMPANIES, note, person, phrase

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

NEVER = "1970-01-01T00:00:00Z"
ARCHIVED = Bin("archivedAt", NEVER, rfc3339_millis)
ARCHIVED_MILLIS = Bin("archivedAt", 0, lambda millis: millis)
DELETED = Bin("deletedAt", NEVER, rfc3339_millis)


def _content(seed: int, account: "HubSpotAccount", shelf: str, ordinal: int) -> dict[str, Any]:
    """Return what pages and posts have in common."""
    chance, slug = Chance(seed, ordinal), f"{shelf.replace('_', '-')}-{ordinal}"
    published = not chance.one_in(4)
    moments = stamps(account, shelf, ordinal, "created", "updated", "publishDate")
    return {
        "id": account.shelves[shelf].key(ordinal),
        **moments,
        "archivedInDashboard": False,
        "attachedStylesheets": [],
        "createdById": "9001",
        "updatedById": "9001",
        "currentState": "PUBLISHED" if published else "DRAFT",
        "state": "PUBLISHED" if published else "DRAFT",
        "currentlyPublished": published,
        "domain": "",
        "enableDomainStylesheets": None,
        "enableLayoutStylesheets": None,
        "featuredImage": "",
        "featuredImageAltText": "",
        "htmlTitle": note(chance),
        "language": chance.pick(("en", "de", "fr")),
        "layoutSections": {},
        "linkRelCanonicalUrl": None,
        "metaDescription": note(chance),
        "name": f"{phrase(chance, 2)} {ordinal}",
        "publicAccessRules": [],
        "publicAccessRulesEnabled": False,
        "publishImmediately": True,
        "slug": slug,
        "translations": {},
        "url": f"https://{account.id}.example.com/{slug}",
        "useFeaturedImage": False,
        "widgetContainers": {},
        "widgets": {"module_1": {"body": {"html": note(chance), "value": 10.5}, "name": "module_1", "type": "module"}},
    }


def _page(shelf: str, category: str) -> Fill:
    def fill(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
        return {
            **_content(seed, account, shelf, ordinal),
            "archivedAt": NEVER,
            "contentTypeCategory": category,
            "pageExpiryEnabled": None,
            "pageRedirected": False,
            "subcategory": shelf.removesuffix("s"),
            "templatePath": "@hubspot/elevate/templates/home.hubl.html",
        }

    return fill


def blog_post(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance, authors, tags = Chance(seed + 1, ordinal), account.shelves["blog_authors"], account.shelves["blog_tags"]
    return {
        **_content(seed, account, "blog_posts", ordinal),
        "archivedAt": 0,
        "blogAuthorId": authors.key(chance.below(authors.base)) if authors.base else "0",
        "contentGroupId": "330001",
        "contentTypeCategory": "3",
        "enableGoogleAmpOutputOverride": False,
        "postBody": f"<p>{phrase(chance, 30)}</p><script>alert({ordinal})</script>",
        "postSummary": note(chance),
        "rssBody": note(chance),
        "rssSummary": note(chance),
        "tagIds": [int(tags.key(chance.below(tags.base)))] if tags.base else [],
    }


def blog_author(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    name = person(chance)
    return {
        "id": account.shelves["blog_authors"].key(ordinal),
        **stamps(account, "blog_authors", ordinal, "created", "updated"),
        "deletedAt": NEVER,
        "fullName": name,
        "name": name,
        "displayName": name,
        "email": f"author{ordinal}@example.com",
        "slug": f"author-{ordinal}",
        "language": "en",
        "bio": note(chance),
        "avatar": "",
        "website": "",
        "facebook": "",
        "linkedin": "",
        "twitter": "",
    }


def blog_tag(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    return {
        "id": account.shelves["blog_tags"].key(ordinal),
        **stamps(account, "blog_tags", ordinal, "created", "updated"),
        "deletedAt": NEVER,
        "name": f"{phrase(Chance(seed, ordinal), 1)} {ordinal}",
        "language": "en",
        "translatedFromId": None,
    }


def url_redirect(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    return {
        "id": account.shelves["url_redirects"].key(ordinal),
        **stamps(account, "url_redirects", ordinal, "created", "updated"),
        "routePrefix": f"/old/{chance.pick(COMPANIES).lower()}-{ordinal}",
        "destination": f"https://example.com/new/{ordinal}",
        "redirectStyle": chance.pick((301, 302)),
        "precedence": 1_000_000 + ordinal,
        "isOnlyAfterNotFound": False,
        "isMatchFullUrl": False,
        "isMatchQueryString": False,
        "isPattern": chance.one_in(4),
        "isTrailingSlashOptional": True,
        "isProtocolAgnostic": True,
    }


def _shelf(name: str, first_id: int, size: int, fill: Fill, kept: Bin | None, touches: str = "name") -> Shelf:
    return Shelf(name, first_id, size, fill, created="created", updated="updated", touches=touches, bin=kept)


WEBSITE = (
    _shelf("site_pages", 110_001, 14, _page("site_pages", "1"), ARCHIVED),
    _shelf("landing_pages", 120_001, 11, _page("landing_pages", "0"), ARCHIVED),
    _shelf("blog_posts", 130_001, 35, blog_post, ARCHIVED_MILLIS),
    _shelf("blog_authors", 140_001, 5, blog_author, DELETED),
    _shelf("blog_tags", 150_001, 8, blog_tag, DELETED),
    _shelf("url_redirects", 160_001, 12, url_redirect, None, "destination"),
)
