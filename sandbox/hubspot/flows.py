"""Workflows as an account has them."""

from typing import TYPE_CHECKING, Any

from sandbox.chance import Chance
from sandbox.collection import Record
from sandbox.hubspot.shelf import Shelf, stamps
from sandbox.oddities import note, phrase

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

SUMMARY = (
    "createdAt", "flowType", "id", "isEnabled", "objectTypeId", "revisionId", "updatedAt", "name", "uuid",
)  # fmt: skip


def workflow(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    steps = 1 + chance.below(4)
    return {
        "id": account.shelves["workflows"].key(ordinal),
        **stamps(account, "workflows", ordinal),
        "type": "CONTACT_FLOW",
        "flowType": "WORKFLOW",
        "isEnabled": not chance.one_in(3),
        "name": f"{phrase(chance, 2)} {ordinal}",
        "objectTypeId": "0-1",
        "revisionId": str(1 + chance.below(9)),
        "uuid": f"{chance.hexadecimal(8)}-0000-4000-8000-{ordinal:012x}",
        "nextAvailableActionId": str(steps + 1),
        "startActionId": "1",
        "actions": [_action(chance, number, steps) for number in range(1, steps + 1)],
        "enrollmentCriteria": {"shouldReEnroll": False, "type": "MANUAL"},
        "timeWindows": [],
        "blockedDates": [],
        "customProperties": {},
        "dataSources": [],
        "crmObjectCreationStatus": "COMPLETE",
        "suppressionListIds": [],
        "canEnrollFromSalesforce": False,
    }


def _action(chance: Chance, number: int, steps: int) -> dict[str, Any]:
    action: dict[str, Any] = {
        "actionId": str(number),
        "actionTypeId": "0-5",
        "actionTypeVersion": 0,
        "fields": {"property_name": "level", "value": {"staticValue": note(chance), "type": "STATIC_VALUE"}},
        "type": "SINGLE_CONNECTION",
    }
    if number < steps:
        action["connection"] = {"edgeType": "STANDARD", "nextActionId": str(number + 1)}
    return action


def summary(record: Record) -> Record:
    """Return what the list of workflows tells of one."""
    return {name: record[name] for name in SUMMARY}


def _next_revision(record: Record) -> Record:
    return {"revisionId": str(int(record["revisionId"]) + 1)}


FLOWS = (Shelf("workflows", 44_000, 9, workflow, listed=summary, revised=_next_revision),)
