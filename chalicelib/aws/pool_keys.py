"""The user pool's public keys, kept for an hour, and read again when a token names one that is not among them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KEPT_FOR = timedelta(hours=1)
ASKED_AT_MOST_EVERY = timedelta(minutes=1)


@dataclass
class PoolKeys:
    """A cache of published keys (JWKs by key id); `publish` reads the whole JWK set."""

    publish: Callable[[], Mapping[str, Any]]
    _keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _read_at: datetime | None = None

    def key(self, key_id: str, now: datetime) -> Mapping[str, Any] | None:
        """Give the key of that id; None where the pool has none. Made-up ids make us ask at most once a minute."""
        if self._older_than(KEPT_FOR, now) or (key_id not in self._keys and self._older_than(ASKED_AT_MOST_EVERY, now)):
            self._keys = {key["kid"]: key for key in self.publish()["keys"]}
            self._read_at = now
        return self._keys.get(key_id)

    def _older_than(self, age: timedelta, now: datetime) -> bool:
        return self._read_at is None or now - self._read_at > age
