"""The records the provider serves: a pure function of seed, stream, index and version, so any reader can be checked.

Index 0 is the newest record. An id ends in its index, so that a page is found without a table of ids.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

PREFIXES = {"customers": "cus", "charges": "ch", "products": "prod", "invoices": "in"}

_NAMES = ("Ann", "Bo", "Chidi", "Dolores", "Emre", "Fatima", "Goran", "Hana", "Ines", "Juan", "Kofi", "Lena")
_TOWNS = ("Lyon", "Porto", "Graz", "Leeds", "Malmö", "Turin", "Ghent", "Brno", "Cork", "Vigo", "Aarhus", "Basel")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the records look like: `profile` is small (200 B), medium (800 B), large (8 KB) or nested.

    The newest record was made at `newest`, in seconds since 1970, and each one `step` seconds before the next.
    """

    seed: int
    profile: str
    newest: int
    step: int

    def identifier(self, stream: str, index: int) -> str:
        """Name one record."""
        return f"{PREFIXES[stream]}_{self._digest(stream, index).hex()[:16]}{index:08x}"

    def created(self, index: int) -> int:
        """Tell when one record was made, in seconds since 1970."""
        return self.newest - index * self.step

    def record(self, stream: str, index: int, version: int = 0) -> bytes:
        """Render one record as compact JSON."""
        digest = self._digest(stream, index)
        head = {
            "id": self.identifier(stream, index),
            "object": stream.removesuffix("s"),
            "created": self.created(index),
            "livemode": True,
            "amount": int.from_bytes(digest[:3]) + version,
        }
        return json.dumps(head | _PROFILES[self.profile](digest), ensure_ascii=False, separators=(",", ":")).encode()

    def _digest(self, stream: str, index: int) -> bytes:
        return hashlib.blake2b(f"{self.seed}/{stream}/{index}".encode()).digest()


def index_of(identifier: str) -> int:
    """Find a record's place from its id; raises ValueError for an id that no provider made."""
    return int(identifier[-8:], 16)


def expected(shape: Shape, stream: str, count: int, changed_every: int = 0) -> Iterator[bytes]:
    """Render all records of a stream; one in `changed_every` is in its second version (0: none is)."""
    for index in range(count):
        yield shape.record(stream, index, int(bool(changed_every) and index % changed_every == 0))


def _small(digest: bytes) -> dict[str, Any]:
    return {"currency": "eur", "description": digest.hex()[:64]}


def _medium(digest: bytes) -> dict[str, Any]:
    name, town = _NAMES[digest[4] % 12], _TOWNS[digest[5] % 12]
    token = digest.hex()
    return {
        "address": {
            "city": town,
            "country": "FR",
            "line1": f"{digest[6]} rue {_NAMES[digest[7] % 12]}",
            "line2": None,
            "postal_code": str(10000 + int.from_bytes(digest[8:10])),
            "state": None,
        },
        "balance": digest[10],
        "currency": "eur",
        "default_source": None,
        "delinquent": digest[11] > 200,
        "description": f"{name} of {town}, order {token[16:104]}",
        "discount": None,
        "email": f"{name.lower()}.{token[40:48]}@example.com",
        "invoice_prefix": token[48:56].upper(),
        "invoice_settings": {"custom_fields": None, "default_payment_method": f"pm_{token[56:80]}", "footer": None},
        "metadata": {"crm_id": token[80:96], "segment": ("smb", "mid", "ent")[digest[12] % 3]},
        "name": f"{name} {_NAMES[digest[13] % 12]}",
        "phone": f"+33 1 {int.from_bytes(digest[14:17]):08d}",
        "preferred_locales": ["fr", "en"],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def _large(digest: bytes) -> dict[str, Any]:
    notes = [hashlib.blake2b(digest + bytes([n])).hexdigest()[:40] for n in range(69)]
    return _medium(digest) | {
        "metadata": {
            f"field_{n:02d}": f"Note {n} on the record: {text} and so on, as entered by hand"
            for n, text in enumerate(notes)
        }
    }


def _nested(digest: bytes) -> dict[str, Any]:
    line = {"price": {"id": digest.hex()[:24], "recurring": {"interval": "month", "interval_count": 1}}}
    lines = [{"id": f"li_{digest.hex()[n : n + 16]}", "quantity": digest[n], "discounts": [], **line} for n in range(4)]
    return _medium(digest) | {"lines": lines}


_PROFILES: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "small": _small,
    "medium": _medium,
    "large": _large,
    "nested": _nested,
}
