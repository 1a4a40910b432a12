"""What is kept of a vendor's tokens, in the JSON shape of the customer's document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

REFRESH_BUFFER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one connection; neither token shows in a repr.

    `expires_at` is None where access tokens live until revoked. `platform_data` is what else the vendor said when it
    issued them (its account's id, its regional host, …); connectors find it under the same name.
    """

    provider: str
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    scopes: tuple[str, ...]
    platform_data: Mapping[str, Any]
    created_at: datetime
    last_refreshed: datetime
    refresh_count: int = 0

    def due(self, now: datetime, buffer: timedelta = REFRESH_BUFFER) -> bool:
        """Tell whether the access token ends within `buffer` of `now`."""
        return self.expires_at is not None and self.expires_at - buffer <= now

    def for_connector(self) -> dict[str, Any]:
        """Give the mapping `Connector.headers` authorises requests from."""
        return {"access_token": self.access_token, "platform_data": dict(self.platform_data)}


def issued(provider: str, answer: Mapping[str, Any], *, scopes: tuple[str, ...], now: datetime) -> Tokens:
    """Read a token endpoint's answer to an authorisation code.

    Vendors leave `expires_in` out, or send 0, for tokens that do not expire.
    """
    secret = {"access_token", "refresh_token", "expires_in", "expires_at", "id_token"}
    return Tokens(
        provider=provider,
        access_token=str(answer["access_token"]),
        refresh_token=answer.get("refresh_token"),
        expires_at=_expiry(answer, now),
        scopes=scopes,
        platform_data={name: value for name, value in answer.items() if name not in secret},
        created_at=now,
        last_refreshed=now,
    )


def refreshed(old: Tokens, answer: Mapping[str, Any], now: datetime) -> Tokens:
    """Read a token endpoint's answer to a refresh; where it has no new refresh token, the old one stays."""
    return replace(
        old,
        access_token=str(answer["access_token"]),
        refresh_token=answer.get("refresh_token") or old.refresh_token,
        expires_at=_expiry(answer, now),
        last_refreshed=now,
        refresh_count=old.refresh_count + 1,
    )


def encode(tokens: Tokens, *, account_id: str, connection_id: str) -> str:
    """Write tokens as the secret's JSON."""
    return json.dumps(
        {
            "provider": tokens.provider,
            "tokens": {
                "access_token": tokens.access_token,
                "refresh_token": tokens.refresh_token,
                "expires_at": _text(tokens.expires_at),
            },
            "scopes": list(tokens.scopes),
            "platform_data": dict(tokens.platform_data),
            "metadata": {
                "created_at": _text(tokens.created_at),
                "last_refreshed": _text(tokens.last_refreshed),
                "refresh_count": tokens.refresh_count,
                "account_id": account_id,
                "connection_id": connection_id,
            },
        }
    )


def decode(secret: str) -> Tokens:
    """Read tokens back from the secret's JSON."""
    kept = json.loads(secret)
    return Tokens(
        provider=kept["provider"],
        access_token=kept["tokens"]["access_token"],
        refresh_token=kept["tokens"]["refresh_token"],
        expires_at=_time(kept["tokens"]["expires_at"]),
        scopes=tuple(kept["scopes"]),
        platform_data=kept["platform_data"],
        created_at=datetime.fromisoformat(kept["metadata"]["created_at"]),
        last_refreshed=datetime.fromisoformat(kept["metadata"]["last_refreshed"]),
        refresh_count=kept["metadata"]["refresh_count"],
    )


def _expiry(answer: Mapping[str, Any], now: datetime) -> datetime | None:
    seconds = int(answer.get("expires_in") or 0)
    return now + timedelta(seconds=seconds) if seconds else None


def _text(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
