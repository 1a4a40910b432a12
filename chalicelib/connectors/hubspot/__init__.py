"""HubSpot, customer relations and marketing: https://developers.hubspot.com/docs/api."""

from collections.abc import Mapping
from typing import Any

from chalicelib.connectors.connector import Connector, Limit
from chalicelib.connectors.hubspot.content import FILES, MARKETING, WEB
from chalicelib.connectors.hubspot.errors import quota, refusal
from chalicelib.connectors.hubspot.oauth import AUTH
from chalicelib.connectors.hubspot.records import OWN_TYPES, RECORDS
from chalicelib.connectors.hubspot.settings import SETTINGS


def headers(tokens: Mapping[str, Any]) -> Mapping[str, str]:
    """Authorise a request."""
    return {"Authorization": f"Bearer {tokens['access_token']}"}


# One domain for each data centre that HubSpot's page on reverse proxies lists, and the older ones. Files of a new data
# centre are not followed, and named, until it is added.
CONTENT_HOSTS = (
    *(f"hubspotusercontent-{centre}.net" for centre in ("na1", "na2", "na3", "eu1", "ap1")),
    *(f"hubspotusercontent{number}.net" for number in ("00", "10", "20", "30", "40")),
    "hubspot.net",
    "hubspot.com",
)

HUBSPOT = Connector(
    name="hubspot",
    title="HubSpot",
    category="crm",
    host="https://api.hubapi.com",
    content_hosts=CONTENT_HOSTS,
    auth=AUTH,
    streams=(*RECORDS, *SETTINGS, *FILES, *MARKETING, *WEB),
    dynamic=OWN_TYPES,
    headers=headers,
    refusal=refusal,
    quota=quota,
    limits={"default": Limit(110, 10), "search": Limit(4, 1)},
    docs="https://developers.hubspot.com/docs/api",
    lacks=(
        "files that HubSpot hides from its file manager, and archived ones: its search leaves them out",
        "HubDB tables, and the source code of a website's themes, templates and modules",
        "campaigns, and the types of e-mail subscriptions",
        "marketing events",
        "the history of properties: each snapshot has their values at its time",
    ),
)
