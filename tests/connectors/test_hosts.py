import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Connector, Request
from chalicelib.connectors.hosts import hosts_of
from chalicelib.errors import FatalError

STRIPE, HUBSPOT = CONNECTORS["stripe"], CONNECTORS["hubspot"]
ZENDESK = replace(STRIPE, host="https://{subdomain}.zendesk.com", tenant={"subdomain": r"[a-z0-9-]{1,63}"}, hosts=())
SANDBOX = {"https://api.stripe.com": "http://127.0.0.1:4580/api.stripe.com"}


def test_a_path_is_joined_to_the_connectors_host() -> None:
    assert hosts_of(STRIPE, {}, {}).url(Request("/v1/customers")) == "https://api.stripe.com/v1/customers"


def test_a_stand_in_takes_the_place_of_the_vendors_host_and_of_links_to_it() -> None:
    hosts = hosts_of(STRIPE, {}, SANDBOX)

    assert hosts.url(Request("/v1/x")) == "http://127.0.0.1:4580/api.stripe.com/v1/x"
    assert hosts.url(Request("https://api.stripe.com/v1/x?a=1")) == "http://127.0.0.1:4580/api.stripe.com/v1/x?a=1"
    assert hosts.url(Request("http://127.0.0.1:4580/api.stripe.com/v1/x")).endswith("/v1/x")


def test_a_tenants_own_host_is_filled_in() -> None:
    assert hosts_of(ZENDESK, {"subdomain": "acme"}, {}).url(Request("/api")) == "https://acme.zendesk.com/api"


SPOOFS = [
    "evil.com/",
    "a.b",
    "",
    "a@evil",
    "a#",
    "a?",
    "a\\",
    "acme\n",
    "\nacme",
    "acme\r",
    "acmé",
    "\u0430cme",
    "\uff11",
    None,
]


@pytest.mark.parametrize("subdomain", SPOOFS)
def test_s36_a_tenant_that_is_no_mere_name_is_refused(subdomain: str | None) -> None:
    with pytest.raises(FatalError, match="malformed"):
        hosts_of(ZENDESK, {"subdomain": subdomain}, {})


@given(st.text() | st.from_regex(r"[a-z0-9-]{1,63}[\w.@#/\\\n-]{0,3}", fullmatch=True))
def test_s36_whatever_a_tenant_is_called_its_host_is_the_platforms(subdomain: str) -> None:
    loose = replace(ZENDESK, tenant={"subdomain": r"[\w-]+"})
    try:
        url = hosts_of(loose, {"subdomain": subdomain}, {}).url(Request("/api"))
    except FatalError:
        return

    assert url.isascii()
    assert re.fullmatch(r"[a-z0-9-]+\.zendesk\.com", urlsplit(url).netloc)
    assert parse_url(url).host == urlsplit(url).hostname


@pytest.mark.parametrize("connector", CONNECTORS.values(), ids=CONNECTORS)
def test_s39_every_host_is_the_vendors_own_so_no_name_can_be_rebound(connector: Connector) -> None:
    """DNS rebinding needs a name that is the attacker's; a platform that took one would need its address pinned."""
    hosts = [connector.host, *connector.hosts, *connector.auth.urls]

    assert all(re.match(r"https://(\{\w+\}\.)?([a-z0-9-]+\.)+[a-z]{2,}(/|$)", host) for host in hosts)


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
def test_s40_credentials_go_nowhere_else(url: str) -> None:
    with pytest.raises(FatalError, match="not one of its hosts"):
        hosts_of(STRIPE, {}, {}).url(Request(url))


INSIDE = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1",
    "192.168.0.1", "100.64.0.1", "169.254.169.254", "169.254.170.2", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[fe80::1]", "localhost", "localhost:9001", "127.0.0.1:9001",
    "metadata.google.internal", "ip-10-0-0-1.ec2.internal", "db.local", "a.localhost", "1.0.0.127.in-addr.arpa",
    "[", "[::1", "[x]y",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("inside", INSIDE)
def test_s38_no_session_goes_inside(inside: str, scheme: str) -> None:
    anywhere = replace(HUBSPOT, content_hosts=(inside, inside.rpartition(".")[2]))

    for authorized in (True, False):
        with pytest.raises(FatalError, match="not followed"):
            hosts_of(anywhere, {}, {}).url(Request(f"{scheme}://{inside}/latest/meta-data", authorized=authorized))


@pytest.mark.parametrize("inside", INSIDE)
def test_s38_no_platform_of_ones_own_is_inside(inside: str) -> None:
    self_hosted = replace(STRIPE, host="https://{host}", tenant={"host": r"\S+"}, hosts=())

    with pytest.raises(FatalError, match="not a host of the public internet"):
        hosts_of(self_hosted, {"host": inside}, {})


def test_s38_only_the_deployments_own_stand_in_is_inside() -> None:
    hosts = hosts_of(STRIPE, {}, SANDBOX)

    assert hosts.url(Request("/v1/x")).startswith("http://127.0.0.1:4580/")
    for other in ("http://127.0.0.1:4581/x", "http://127.0.0.1:4580/api.dropboxapi.com/x", "http://127.0.0.1:45800/x"):
        with pytest.raises(FatalError):
            hosts.url(Request(other))


@pytest.mark.parametrize(
    "authority",
    [
        "evil.example\\@7.fs1.hubspotusercontent-na1.net",
        "evil.example\\.7.fs1.hubspotusercontent-na1.net",
        "evil.example%2f.fs1.hubspotusercontent-na1.net",
        "user:word@7.fs1.hubspotusercontent-na1.net",
        "7.fs1.hubspotusercontent-na1.net:8443",
        "169.254.169.254\\.hubspot.com",
    ],
)
def test_s40_a_link_that_parsers_read_differently_is_not_followed(authority: str) -> None:
    with pytest.raises(FatalError, match="not followed"):
        hosts_of(HUBSPOT, {}, {}).url(Request(f"https://{authority}/x", authorized=False))


@given(st.text(alphabet="evil.hubspotnetcom-na1/\\[]@:#?%\t\n\uff3b", max_size=30))
def test_s40_a_files_host_is_the_same_to_every_parser(prefix: str) -> None:
    url = f"https://{prefix}.hubspot.com/x"
    try:
        followed = hosts_of(HUBSPOT, {}, {}).url(Request(url, authorized=False))
    except FatalError:
        return

    assert str(parse_url(followed).host) == urlsplit(followed).hostname
    assert str(parse_url(followed).host).endswith(".hubspot.com")


def test_files_may_lie_elsewhere_but_no_credentials_go_there() -> None:
    hosts, url = hosts_of(HUBSPOT, {}, {}), "https://7.fs1.hubspotusercontent-na1.net/hubfs/x.png"

    assert hosts.url(Request(url, authorized=False)) == url
    with pytest.raises(FatalError):
        hosts.url(Request(url))
    with pytest.raises(FatalError):
        hosts.url(Request(url.replace("https", "http"), authorized=False))


STRANGERS = [
    "a.hubspotusercontentevil.net",
    "a.hubspotusercontent-evil.net",
    "a.hubspotusercontent-na1evil.net",
    "a.hubspotusercontent.attacker.net",
    "a.hubspotusercontent-x.attacker.net",
    "hubspotusercontent-na1.net.attacker.net",
    "evilhubspot.com",
    "hubspot.com.attacker.net",
]


@pytest.mark.parametrize("connector", CONNECTORS.values(), ids=CONNECTORS)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_s40_a_download_goes_to_no_strangers_domain_that_is_called_alike(stranger: str, connector: Connector) -> None:
    with pytest.raises(FatalError, match="not followed"):
        hosts_of(connector, {}, {}).url(Request(f"https://{stranger}/x", authorized=False))


@pytest.mark.parametrize("centre", ["-na1", "-na2", "-na3", "-eu1", "-ap1", "00", "40"])
def test_a_download_goes_to_each_of_hubspots_data_centres(centre: str) -> None:
    url = f"https://7.fs1.hubspotusercontent{centre}.net/hubfs/x.png"

    assert hosts_of(HUBSPOT, {}, {}).url(Request(url, authorized=False)) == url


def test_every_content_host_is_one_registrable_name() -> None:
    for connector in CONNECTORS.values():
        for name in connector.content_hosts:
            assert re.fullmatch(r"[a-z0-9-]+\.(net|com)", name), name
