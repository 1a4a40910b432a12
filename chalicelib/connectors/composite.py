"""Keys made of several members of a record, where a vendor's id alone does not tell its records apart."""

import json
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Raw

from chalicelib.connectors.connector import Fetch, Page, Position, Reader, Reading
from chalicelib.connectors.lines import value

NOTHING = "%"


@dataclass(frozen=True)
class Composite:
    """Puts each record that `read` finds under its members at the dotted paths `within`; `Stream.key` comes last.

    The stream has to be `grouped`.
    """

    read: Reader
    within: tuple[str, ...]

    def __call__(self, fetch: Fetch, reading: Reading, position: Position | None) -> Page:
        """Read one page."""
        page = self.read(fetch, reading, position)
        return replace(page, parents=[self.group(record) for record in page.records])

    def group(self, record: Raw) -> str:
        """Write what comes before a record's own key; no two different records' are alike."""
        return "/".join(_text(value(record, path)) for path in self.within)


def _text(found: Any) -> str:  # noqa: ANN401  JSON
    if found is None:
        return NOTHING
    text = found if isinstance(found, str) else json.dumps(found)
    return text.replace("%", "%25").replace("/", "%2F")
