"""Where requests may go: the connector's hosts with credentials, its content hosts without, nowhere else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chalicelib.connectors.connector import Connector, Request
from chalicelib.errors import FatalError

_ABSOLUTE = ("https://", "http://")
# A name and nothing else: no user, port or backslash, on which URL parsers differ; no address in whatever spelling.
_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?!internal$|local$|localhost$|arpa$)[a-z][a-z0-9-]*[a-z0-9]"
)


@dataclass(frozen=True, slots=True)
class Hosts:
    """One connection's hosts. `stand_ins` send a vendor's host elsewhere, such as to a sandbox."""

    base: str
    trusted: tuple[str, ...]
    content: tuple[str, ...]
    stand_ins: Mapping[str, str]

    def url(self, request: Request) -> str:
        """Give the URL a request goes to; raises FatalError where its credentials must not go there."""
        whole = request.path if request.path.startswith(_ABSOLUTE) else (request.host or self.base) + request.path
        url = self._stood_in(whole)
        if self._trusted(url) or (not request.authorized and self._content(url)):
            return url
        raise FatalError(f"the vendor pointed to {_name(url)!r}, which is not one of its hosts; not followed")

    def _stood_in(self, url: str) -> str:
        for host, stand_in in self.stand_ins.items():
            if _within(url, host):
                return stand_in.rstrip("/") + url[len(host) :]
        return url

    def _trusted(self, url: str) -> bool:
        return any(_within(url, self._stood_in(host)) for host in (self.base, *self.trusted)) or any(
            _within(url, stand_in) for stand_in in self.stand_ins.values()
        )

    def _content(self, url: str) -> bool:
        name = _name(url)
        plain = bool(_NAME.fullmatch(name)) and _within(url, f"https://{name}")
        return plain and any(name == own or name.endswith(f".{own}") for own in self.content)


def hosts_of(connector: Connector, tenant: Mapping[str, Any], stand_ins: Mapping[str, str]) -> Hosts:
    """Fill in the connection's own host; raises FatalError where its name for it is not of the platform's pattern."""
    names = {name: _matching(name, pattern, tenant) for name, pattern in connector.tenant.items()}
    filled = [_public(host.format_map(names)) for host in (connector.host, *connector.hosts)]
    return Hosts(filled[0], tuple(filled[1:]), connector.content_hosts, stand_ins)


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
