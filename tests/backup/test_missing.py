"""Which streams are gone, which may not be asked for, and which were never there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.archive.manifest import StreamManifest
from chalicelib.backup import files
from chalicelib.backup.deciding import Deciding
from chalicelib.backup.missing import CONTENT, Discovered, missing
from chalicelib.backup.shaping import Shaping
from chalicelib.connectors.hubspot import HUBSPOT
from tests.backup.manifests import manifest

PETS, OF_PETS = "custom_2-1", "associations_custom_2-1_to_contacts"
FOUND, REFUSED = Discovered(), Discovered(refused={"custom_": "no scope", "associations_custom_": "no scope"})
READ = {"read_at": "2026-05-01T00:00:00Z"}


def left(**facts: Any) -> StreamManifest:
    given: dict[str, Any] = {"status": "complete", "key_path": "id", "since": READ} | facts
    return StreamManifest(**given)


@pytest.mark.parametrize(
    ("found", "kept", "chosen", "status"),
    [
        (FOUND, left(), None, None),
        (FOUND, left(), [PETS], None),
        (FOUND, left(status="failed", live=3, since=None), None, None),
        (REFUSED, left(), None, "forbidden"),
        (REFUSED, left(), [PETS], "forbidden"),
        (FOUND, left(status="failed", since=None), [PETS], "failed"),
    ],
)
def test_a_stream_is_gone_only_where_it_was_had_and_its_vendor_could_be_asked(
    found: Discovered, kept: StreamManifest, chosen: list[str] | None, status: str | None
) -> None:
    (why,) = missing(HUBSPOT, found, chosen, manifest({PETS: kept})).values()

    assert (why.status if why else None) == status


def test_what_was_never_had_and_is_chosen_no_more_is_not_missed() -> None:
    assert missing(HUBSPOT, FOUND, None, manifest({PETS: left(status="failed", since=None)})) == {}


def test_what_was_not_chosen_is_not_missed() -> None:
    assert missing(HUBSPOT, FOUND, ["contacts"], manifest({PETS: left(), "contacts": left()})) == {}


def test_a_chosen_child_is_missed_behind_its_parent() -> None:
    assert list(missing(HUBSPOT, FOUND, [OF_PETS], None)) == [PETS, OF_PETS]


def test_a_stream_that_a_connector_has_dropped_is_gone_and_its_files_are_kept() -> None:
    dropped = replace(HUBSPOT, streams=tuple(one for one in HUBSPOT.streams if one.name != "files"))

    gone = missing(dropped, FOUND, None, manifest({"files": left(), "files.content": left(key_path="key")}))

    assert gone == {"files": None}


def test_parents_are_gone_before_their_children() -> None:
    kept = manifest({OF_PETS: left(children_of=PETS), PETS: left()})

    assert list(missing(HUBSPOT, FOUND, None, kept)) == [PETS, OF_PETS]


def test_contents_are_named_as_they_are_copied() -> None:
    assert files.content_stream("files") == f"files{CONTENT}"


def test_a_child_that_was_found_before_its_parent_is_refused_and_no_fault() -> None:
    deciding = Deciding(HUBSPOT, None, datetime(2026, 5, 1, tzinfo=UTC), full=False)

    plan = deciding.plans({OF_PETS: {}}, Shaping({}, 2))[OF_PETS]

    assert plan.refusal is not None
    assert "was not there yet" in plan.refusal.reason
