"""Where credentials are kept: one secret per connection, one per platform's app."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.credentials.tokens import Tokens, decode, encode
from chalicelib.errors import FatalError, ReauthorizeError


class Secrets(Protocol):
    """The secret store; `read` gives None for a secret that is not there, `write` creates or replaces."""

    def read(self, name: str) -> str | None: ...
    def write(self, name: str, value: str) -> None: ...
    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Client:
    """Our app's registration at a platform.

    `hosts` sends a vendor's host elsewhere, such as to a sandbox; it is empty for the vendors themselves.
    """

    client_id: str
    client_secret: str = field(repr=False)
    hosts: Mapping[str, str] = field(default_factory=dict)

    def at(self, url: str) -> str:
        """Give the URL as it is to be called from here."""
        for host, stand_in in self.hosts.items():
            if url == host or url.startswith(f"{host}/"):
                return stand_in + url.removeprefix(host)
        return url


@dataclass(frozen=True, slots=True)
class Custody:
    """Reads and writes credentials by what they belong to."""

    secrets: Secrets

    def read(self, account_id: str, connection_id: str) -> Tokens:
        """Read a connection's tokens; raises ReauthorizeError where there are none."""
        secret = self.secrets.read(_name(account_id, connection_id))
        if secret is None:
            raise ReauthorizeError("the connection has no tokens; its owner must authorize it again")
        return decode(secret)

    def store(self, account_id: str, connection_id: str, tokens: Tokens) -> None:
        """Keep a connection's tokens; they may be used only after this has returned."""
        value = encode(tokens, account_id=account_id, connection_id=connection_id)
        self.secrets.write(_name(account_id, connection_id), value)

    def remove(self, account_id: str, connection_id: str) -> None:
        """Forget a connection's tokens; nothing happens where there are none."""
        self.secrets.remove(_name(account_id, connection_id))

    def client(self, platform: str) -> Client:
        """Read our app's registration at a platform; raises FatalError naming the secret to fill in.

        At a platform that needs none, since its customers bring what opens it, the secret is an empty object.
        """
        name = f"app/oauth/{platform}"
        secret = self.secrets.read(name)
        if secret is None:
            raise FatalError(
                f"no client credentials for {platform}; put client_id and client_secret into the secret {name}"
            )
        kept = json.loads(secret)
        return Client(kept.get("client_id", ""), kept.get("client_secret", ""), kept.get("hosts") or {})


def _name(account_id: str, connection_id: str) -> str:
    return f"sources/{account_id}/{connection_id}/oauth"
