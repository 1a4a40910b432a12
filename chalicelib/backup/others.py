"""Other records with the same content as one that is to be copied: for where that one is gone, or is refused.

They are kept for a job beside its list of files, in a few objects by what their fingerprints come to.
"""

from collections import defaultdict
from functools import cache
from urllib.parse import quote
from zlib import crc32

import msgspec
from msgspec import Raw

from chalicelib.archive.objects import Objects
from chalicelib.backup.run import Run
from chalicelib.errors import MissingObjectError

OBJECTS = 64
MOST_OF_ONE, MOST = 3, 50_000


class Others(msgspec.Struct):
    """The lines of some other records with one content, and whether there are more of them."""

    lines: list[Raw] = []
    more: bool = False


NONE = Others()


class Doubles:
    """Gathers those beyond the first of each content; of very many only whether there are any."""

    def __init__(self) -> None:
        self._first: set[int] = set()
        self._others: dict[str, Others] = defaultdict(Others)
        self._lines = 0

    def is_first(self, fingerprint: str, line: Raw) -> bool:
        """Tell whether a content has not been met before; keep the record of one that has."""
        mark = hash(fingerprint)
        if mark not in self._first:
            self._first.add(mark)
            return True
        others = self._others[fingerprint]
        others.more = len(others.lines) >= MOST_OF_ONE or self._lines >= MOST
        if not others.more:
            others.lines.append(line)
            self._lines += 1
        return False

    def keep(self, run: Run, stream: str, temp: Objects) -> None:
        """Write down what was gathered of a stream, before its files are copied."""
        apart = defaultdict[int, dict[str, Others]](dict)
        for fingerprint, others in self._others.items():
            apart[_number(fingerprint)][fingerprint] = others
        for number, some in apart.items():
            temp.put(_key(run, stream, number), msgspec.json.encode(some))


class Kept:
    """Looks up the other records with a content, as they were kept for a job."""

    def __init__(self, run: Run, stream: str, temp: Objects) -> None:
        self._load = cache(lambda number: _loaded(temp, _key(run, stream, number)))

    def __call__(self, fingerprint: str) -> Others:
        found: dict[str, Others] = self._load(_number(fingerprint))
        return found.get(fingerprint, NONE)


def _loaded(temp: Objects, key: str) -> dict[str, Others]:
    try:
        return msgspec.json.decode(temp.get(key), type=dict[str, Others])
    except MissingObjectError:
        return {}


def _number(fingerprint: str) -> int:
    return crc32(fingerprint.encode()) % OBJECTS


def _key(run: Run, stream: str, number: int) -> str:
    return run.workspace(quote(stream, safe=""), f"others-{number:02d}.json")
