"""HubSpot, from consent to verified snapshots: objects, custom ones, associations, and the settings around them."""

import pytest

from tests.end_to_end.comparing import PETS, counts, differences, keyed, stored_bytes
from tests.end_to_end.conftest import OpenAccount
from tests.end_to_end.people import Person
from tests.end_to_end.vendor import Vendor

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]

PETS_NEAR = f"associations_{PETS}_to_contacts"
STREAMS = (
    "contacts",
    "companies",
    "contacts_to_companies",
    PETS,
    PETS_NEAR,
    "properties",
    "association_labels",
    "schemas",
    "lists",
    "list_memberships",
)
SIZES = {"contacts": 14, "companies": 6, "pets": 9, "lists": 3}


def test_what_hubspot_holds_is_kept_then_what_has_changed_then_nothing(
    generous: None, ada: Person, open_account: OpenAccount
) -> None:
    hubspot = open_account("hubspot", **SIZES)
    hubspot.delete("companies", hubspot.keys("companies")[:1])
    source = ada.add_source(hubspot, *STREAMS, "archived_objects")

    first = ada.backed_up(source["job"])

    assert differences(ada, hubspot, first, *STREAMS) == {}
    assert keyed(ada, first, "archived_objects").keys() == archived(hubspot, "contacts", "companies", "pets")
    contacts, pets = hubspot.keys("contacts"), hubspot.keys("pets")
    hubspot.change("contacts", contacts[:2], firstname="Changed since")
    hubspot.delete("contacts", contacts[2:3])
    hubspot.change("pets", pets[:1], name="Rex")
    hubspot.create("properties", 1, of="deals")
    hubspot.pass_time(60)

    second = ada.backed_up(ada.sync(source))

    assert differences(ada, hubspot, second, *STREAMS) == {}
    assert counts(second, "contacts") == (0, 2, 1)
    assert counts(second, PETS) == (0, 1, 0)
    assert counts(second, "properties") == (1, 0, 0)
    assert f"contacts/{contacts[2]}" in keyed(ada, second, "archived_objects")
    assert 0 < stored_bytes(second) < stored_bytes(first)

    third = ada.backed_up(ada.sync(source))

    assert stored_bytes(third) == 0
    assert differences(ada, hubspot, third, *STREAMS) == {}


def archived(hubspot: Vendor, *kinds: str) -> set[str]:
    """Name what is in the recycle bin, by our keys: a custom type is known by its id."""
    ids = {"pets": PETS.removeprefix("custom_")}
    return {f"{ids.get(kind, kind)}/{line['key']}" for kind in kinds for line in hubspot.lines(kind, archived="true")}
