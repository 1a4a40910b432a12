import re
from dataclasses import replace

import pytest

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Request
from chalicelib.connectors.hosts import hosts_of
from chalicelib.errors import FatalError

STRIPE, HUBSPOT = CONNECTORS["stripe"], CONNECTORS["hubspot"]
ZENDESK = replace(STRIPE, host="https://{subdomain}.zendesk.com", tenant={"subdomain": r"[a-z0-9-]{1,63}"}, hosts=())
SANDBOX = {"https://api.stripe.com": "http://127.0.0.1:4580/api.stripe.com"}


def test_a_path_is_joined_to_the_connectors_host():
    assert hosts_of(STRIPE, {}, {}).url(Request("/v1/customers")) == "https://api.stripe.com/v1/customers"


def test_a_stand_in_takes_the_place_of_the_vendors_host_and_of_links_to_it():
    hosts = hosts_of(STRIPE, {}, SANDBOX)

    assert hosts.url(Request("/v1/x")) == "http://127.0.0.1:4580/api.stripe.com/v1/x"
    assert hosts.url(Request("https://api.stripe.com/v1/x?a=1")) == "http://127.0.0.1:4580/api.stripe.com/v1/x?a=1"
    assert hosts.url(Request("http://127.0.0.1:4580/api.stripe.com/v1/x")).endswith("/v1/x")


def test_a_tenants_own_host_is_filled_in():
    assert hosts_of(ZENDESK, {"subdomain": "acme"}, {}).url(Request("/api")) == "https://acme.zendesk.com/api"


@pytest.mark.parametrize("subdomain", ["evil.com/", "a.b", "", "a@evil", "a#", None])
def test_a_tenant_that_is_no_mere_name_is_refused(subdomain):
    with pytest.raises(FatalError, match="malformed"):
        hosts_of(ZENDESK, {"subdomain": subdomain}, {})


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://api.stripe.com/x",
        "https://api.stripe.com.evil.example/x",
        "https://api.stripe.com:444/x",
        "https://api.stripe.com@evil.example/x",
    ],
)
def test_credentials_go_nowhere_else(url):
    with pytest.raises(FatalError, match="not one of its hosts"):
        hosts_of(STRIPE, {}, {}).url(Request(url))


def test_files_may_lie_elsewhere_but_no_credentials_go_there():
    hosts, url = hosts_of(HUBSPOT, {}, {}), "https://7.fs1.hubspotusercontent-na1.net/hubfs/x.png"

    assert hosts.url(Request(url, authorized=False)) == url
    with pytest.raises(FatalError):
        hosts.url(Request(url))
    with pytest.raises(FatalError):
        hosts.url(Request(url.replace("https", "http"), authorized=False))


def test_every_content_host_is_one_registrable_name_or_below():
    for connector in CONNECTORS.values():
        for pattern in connector.content_hosts:
            assert re.fullmatch(r"\*(\.[\w*-]+)+\.(net|com)", pattern), pattern
