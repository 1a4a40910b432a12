"""Where requests may go: the connector's hosts with credentials, its content hosts without, nowhere else."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

from chalicelib.connectors.connector import Connector, OAuth, Request
from chalicelib.errors import FatalError

_ABSOLUTE = ("https://", "http://")
# A name and nothing else: no user, port or backslash, on which URL parsers differ; no address in whatever spelling.
_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?!internal$|local$|localhost$|arpa$)[a-z][a-z0-9-]*[a-z0-9]"
)


@dataclass(frozen=True, slots=True)
class Hosts:
    """One connection's hosts; no `base` where its own is not known yet.

    `stand_ins` send a vendor's host elsewhere, such as to a sandbox.
    """

    base: str | None
    trusted: tuple[str, ...]
    content: tuple[str, ...]
    stand_ins: Mapping[str, str]

    def url(self, request: Request) -> str:
        """Give the URL a request goes to; raises FatalError where its credentials must not go there."""
        url = self._stood_in(self._whole(request))
        if self._trusted(url) or (not request.authorized and self._content(url)):
            return url
        raise FatalError(f"the vendor pointed to {_name(url)!r}, which is not one of its hosts; not followed")

    def _whole(self, request: Request) -> str:
        if request.path.startswith(_ABSOLUTE):
            return request.path
        host = request.host or self.base
        if host is None:
            raise FatalError("the connection's own host is not known; authorize the connection again")
        return host + request.path

    def _stood_in(self, url: str) -> str:
        for host, stand_in in self.stand_ins.items():
            if _within(url, host):
                return stand_in.rstrip("/") + url[len(host) :]
        return url

    def _trusted(self, url: str) -> bool:
        return any(_within(url, self._stood_in(host)) for host in (self.base, *self.trusted) if host) or any(
            _within(url, stand_in) for stand_in in self.stand_ins.values()
        )

    def _content(self, url: str) -> bool:
        name = _name(url)
        plain = bool(_NAME.fullmatch(name)) and _within(url, f"https://{name}")
        return plain and any(name == own or name.endswith(f".{own}") for own in self.content)


def hosts_of(connector: Connector, tenant: Mapping[str, Any], stand_ins: Mapping[str, str]) -> Hosts:
    """Fill in the connection's own hosts; those whose name for it is not known yet are none of them.

    Raises FatalError where a name is not of the platform's pattern.
    """
    known = {name: _matching(name, pattern, tenant) for name, pattern in connector.tenant.items() if name in tenant}
    base, *others = (
        _public(host.format_map(known)) if blanks(host) <= known.keys() else None
        for host in (connector.host, *connector.hosts)
    )
    return Hosts(base, tuple(host for host in others if host), connector.content_hosts, stand_ins)


def oauth_of(connector: Connector, auth: OAuth, tenant: Mapping[str, Any]) -> OAuth:
    """Fill in where a customer authorizes us and where we ask for their tokens; raises as `hosts_of` does."""
    authorize, token = (url_of(connector, url, tenant) for url in (auth.authorize_url, auth.token_url))
    return replace(auth, authorize_url=authorize, token_url=token)


def misnamed(connector: Connector, names: Iterable[str], told: Mapping[str, str]) -> dict[str, str]:
    """Find which names of the customer's account are told wrongly, or not at all, each with the pattern it should have.

    What a platform gives no pattern for may be anything.
    """
    patterns = {name: connector.tenant.get(name, "(?s:.+)") for name in names}
    return {name: text for name, text in patterns.items() if not re.fullmatch(text, told.get(name, ""), re.ASCII)}


def url_of(connector: Connector, url: str, tenant: Mapping[str, Any]) -> str:
    """Fill in a URL of the customer's own; raises as `hosts_of` does."""
    names = {name: _matching(name, connector.tenant[name], tenant) for name in blanks(url)}
    return _public(url.format_map(names))


def blanks(text: str) -> set[str]:
    """Name what is to be filled into a host or URL."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _matching(name: str, pattern: str, tenant: Mapping[str, Any]) -> str:
    value = str(tenant.get(name, ""))
    if not re.fullmatch(pattern, value, re.ASCII):
        raise FatalError(f"the connection's {name} is missing or malformed; authorize the connection again")
    return value


def _public(host: str) -> str:
    """Give a host that has a name of the public DNS; raises FatalError for an address, or a name of somebody's inside.

    No look-up is made: what a public name resolves to is up to its owner, so a platform whose hosts its customers own
    would need the connection pinned to a checked address, too.
    """
    name = _name(host)
    if not _NAME.fullmatch(name) or not _within(host, f"https://{name}"):
        raise FatalError(f"{host} is not a host of the public internet; authorize the connection again")
    return host


def _name(url: str) -> str:
    """Give what stands where a URL names its host; empty where that cannot be made out."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _within(url: str, host: str) -> bool:
    """Tell whether a URL is at `host` (a scheme, a name, perhaps a path), not merely at one that begins like it."""
    host = host.rstrip("/")
    return url == host or (url.startswith(host) and url[len(host)] in "/?")
