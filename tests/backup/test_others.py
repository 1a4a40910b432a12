"""A content that one record does not give is had by another that has the same, and is not missing without a word."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from msgspec import Raw

from chalicelib.backup import others
from chalicelib.backup.asking import Asked
from chalicelib.backup.contents import Copied
from chalicelib.backup.copy import Copying
from chalicelib.backup.files import File
from chalicelib.backup.others import Doubles, Kept, Others
from chalicelib.backup.run import Run
from chalicelib.connectors.refusals import MissingError
from chalicelib.errors import BackupError, FatalError, RetryableError, SkippableError
from tests.archive.memory import MemoryObjects

RUN = Run(
    account_id="acc_1", job_id="job_1", source_id="src_1", connection_id="con_1", snapshot_id="snap_1", platform="acme"
)


@dataclass
class Copier:
    """Copies whatever it is not told to refuse, by the id of the record."""

    refused: Mapping[int, BackupError]

    def copy(self, fingerprint: str, line: bytes, *, mend: bool = False) -> Copied:
        number = json.loads(line)["id"]
        if number in self.refused:
            raise self.refused[number]
        return Copied(fingerprint, "", 0, f"{number} {mend}", [])


class Whole:
    def adjust(self) -> None:
        """Have nothing to share."""


def line(number: int) -> Raw:
    return Raw(b'{"id":%d}' % number)


def kept(ids: Mapping[str, list[int]]) -> tuple[list[File], Kept]:
    """Plan to copy contents, each of so many records."""
    doubles, temp = Doubles(), MemoryObjects()
    files = [File(name, line(number)) for name, some in ids.items() for number in some]
    first = [file for file in files if doubles.is_first(file.fingerprint, file.line)]
    doubles.keep(RUN, "files", temp)
    return first, Kept(RUN, "files", temp)


def copied(ids: Mapping[str, list[int]], refused: Mapping[int, BackupError]) -> list[Asked]:
    files, beside = kept(ids)
    copying = Copying(Copier(refused), files, Whole(), beside)  # type: ignore[arg-type]
    read, position = [copying(None)], None
    while (position := read[-1].page.next) is not None:
        read.append(copying(json.loads(json.dumps(position))))
    return read


def blobs(read: list[Asked]) -> list[str]:
    return [json.loads(bytes(row))["blob"] for one in read for row in one.page.records]


GONE, KEPT_BACK, BROKEN = MissingError("gone"), SkippableError("restricted"), FatalError("418")


@pytest.mark.parametrize("refused", [{1: GONE}, {1: GONE, 2: KEPT_BACK}, {1: BROKEN, 2: GONE}])
def test_f42_a_content_is_copied_by_another_record_where_the_first_is_gone_or_refused(
    refused: Mapping[int, BackupError],
) -> None:
    read = copied({"a": [1, 2, 3], "b": [4]}, refused)

    assert blobs(read) == [f"{len(refused) + 1} False", "4 False"]
    assert not [one for page in read for one in page.page.skipped]


@pytest.mark.parametrize(
    ("count", "refused", "there"),
    [
        (1, {1: GONE}, False),
        (4, dict.fromkeys(range(9), GONE), False),
        (5, dict.fromkeys(range(9), GONE), True),
        (2, {1: BROKEN, 2: GONE}, True),
        (2, {1: GONE, 2: BROKEN}, True),
    ],
    ids=["one", "all tried", "more than are tried", "one may be there", "another may be there"],
)
def test_a_content_is_not_missing_only_where_every_record_of_it_is_gone(
    count: int, refused: Mapping[int, BackupError], *, there: bool
) -> None:
    read = copied({"a": list(range(1, count + 1)), "b": [9_000]}, refused)

    assert [(one.key, one.there) for page in read for one in page.page.skipped] == [("a", there)]
    assert blobs(read) == ["9000 False"]


def test_what_may_pass_is_waited_for_with_the_same_record() -> None:
    with pytest.raises(RetryableError):
        copied({"a": [1, 2]}, {1: RetryableError("503")})


def test_of_very_many_others_it_is_kept_only_that_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others, "MOST", 1)

    _, beside = kept({"a": [1, 2], "b": [3, 4]})

    assert (beside("a"), beside("b"), beside("c")) == (Others([line(2)]), Others(more=True), Others())
