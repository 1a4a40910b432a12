"""The search index, which learns of a change only some seconds later."""

from sandbox.clock import Clock
from sandbox.collection import Collection, Record
from sandbox.hubspot import seeds
from sandbox.hubspot.ids import NumericIds
from sandbox.hubspot.kinds import Kind
from sandbox.settings import VendorSettings
from sandbox.spelling import Json, plain


class Index:
    """Answers what a search sees of a record: the state it had `index_lag` seconds ago."""

    def __init__(self, kind: Kind, rows: Collection, ids: NumericIds, clock: Clock, settings: VendorSettings) -> None:
        self._kind = kind
        self._rows = rows
        self._ids = ids
        self._clock = clock
        self._settings = settings
        self._before: dict[int, list[tuple[float, Record | None]]] = {}  # when it changed, and from what

    def changed(self, ordinal: int, before: Record | None) -> None:
        history = self._before.setdefault(ordinal, [])
        history.append((self._clock.now(), before))
        self._before[ordinal] = [entry for entry in history if not self._known(entry[0])]

    def ordinals(self, start: int) -> list[int]:
        """Return the seeded ordinals from `start` on, and all that the index may show otherwise than as seeded."""
        touched = {*self._before, *self._rows.touched()}
        if not touched:
            return list(range(start, self._rows.base))
        return sorted(touched.union(range(start, self._rows.base)))

    def seen(self, ordinal: int) -> Record | None:
        """Return the record as indexed; None if the index does not have it."""
        for when, before in self._before.get(ordinal, ()):
            if not self._known(when):
                return before
        return None if ordinal in self._rows.deleted else self._rows.record(ordinal)

    def visible(self, ordinal: int) -> bool:
        if self._as_seeded(ordinal):
            return not seeds.starts_archived(ordinal)
        record = self.seen(ordinal)
        return record is not None and record["archived"] is None

    def value(self, ordinal: int, name: str) -> Json:
        """Return a property as indexed: ids and times as numbers. What is seeded need not be rendered for those."""
        kind = self._kind
        if name == "hs_object_id":
            return int(self._ids.key(ordinal))
        if self._as_seeded(ordinal) and name in kind.always:
            moment = seeds.modified if name == kind.modified else seeds.born
            return moment(self._rows.base, ordinal)
        record = self.seen(ordinal)
        if record is None:
            return None
        if name in kind.always:
            return record["updated" if name == kind.modified else "created"]
        return plain(record["properties"].get(name))

    def texts(self, ordinal: int) -> list[str]:
        record = self.seen(ordinal) or {"properties": {}}
        return [str(plain(value)) for value in record["properties"].values() if value is not None]

    def _as_seeded(self, ordinal: int) -> bool:
        return ordinal not in self._before and ordinal not in self._rows.deleted and self._rows.untouched(ordinal)

    def _known(self, when: float) -> bool:
        return when + self._settings.index_lag <= self._clock.now()
