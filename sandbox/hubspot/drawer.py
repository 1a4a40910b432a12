"""Small records that belong to an object type, or to a pair of them: properties, groups, pipelines, labels."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sandbox.clock import Clock, rfc3339_millis
from sandbox.collection import Record
from sandbox.spelling import encode
from sandbox.vendor import Line, UnknownError

Make = Callable[[int, str], Record]  # from a number that is not taken yet, and a time


class Drawer:
    """Holds records by owner and key. The control API names a record owner/key, and a new one's owner in `of`."""

    def __init__(
        self,
        key: str,
        owner: str,
        rows: dict[str, dict[str, Record]],
        make: Make,
        clock: Clock,
        *,
        archives: bool = False,
    ) -> None:
        self.rows = rows
        self.deleted: dict[str, float] = {}
        self._key = key  # the member that names a record within its owner
        self._owner = owner  # of new records, unless the control API says
        self._make = make
        self._clock = clock
        self._archives = archives  # whether what is deleted can still be listed, as archived

    def of(self, owner: str) -> dict[str, Record]:
        return self.rows.setdefault(owner, {})

    def add(self, owner: str, values: Record) -> Record:
        record = self._make(self._number(), self._stamp()) | values
        self.of(owner)[str(record[self._key])] = record
        return record

    def _number(self) -> int:
        return len(self) + len(self.deleted)

    def __len__(self) -> int:
        return sum(map(len, self.rows.values()))

    def take(self, owner: str, key: str) -> None:
        if self._archives:
            self.rows[owner][key].update(archived=True, archivedAt=self._stamp())
        else:
            del self.rows[owner][key]
        self.deleted[f"{owner}/{key}"] = self._clock.now()

    def create(self, count: int, values: Record) -> list[str]:
        owner = values.get("of", self._owner)
        given = {name: value for name, value in values.items() if name != "of"}
        return [f"{owner}/{self.add(owner, given)[self._key]}" for _ in range(count)]

    def change(self, keys: list[str], values: Record) -> list[str]:
        for key in keys:
            record = self._find(key)
            record.update(values or {"label": f"touched {self._clock.millis()}"})
            if "updatedAt" in record:
                record["updatedAt"] = self._stamp()
        return keys

    def delete(self, keys: list[str]) -> list[str]:
        for key in keys:
            self._find(key)
            owner, _, name = key.rpartition("/")
            self.take(owner, name)
        return keys

    def keys(self, first: int, count: int) -> list[str]:
        names = (f"{owner}/{key}" for owner, rows in self.rows.items() for key in rows)
        return list(islice(names, first, first + count))

    def lines(self, archived: bool | None) -> Iterator[Line]:
        """Yield what is held, live or archived alone if so wished, else both."""
        rows = ((owner, key, row) for owner, rows in self.rows.items() for key, row in rows.items())
        wanted = (True, False) if archived is None else (archived,)
        return (Line(key, encode(row), owner) for owner, key, row in rows if row.get("archived", False) in wanted)

    def _find(self, key: str) -> Record:
        owner, _, name = key.rpartition("/")
        if name not in self.rows.get(owner, {}):
            raise UnknownError(f"no {key}: name a record by its owner, a slash and its key")
        return self.rows[owner][name]

    def _stamp(self) -> str:
        return rfc3339_millis(self._clock.millis())

    def dump(self) -> dict[str, Any]:
        return {"rows": self.rows, "deleted": self.deleted}

    def load(self, saved: dict[str, Any]) -> None:
        self.rows, self.deleted = saved["rows"], saved["deleted"]
