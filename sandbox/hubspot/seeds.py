"""What a portal starts with."""

from collections.abc import Callable
from typing import Any

from sandbox.chance import Chance, literal
from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot.kinds import CHOICES, Kind
from sandbox.oddities import COMPANIES, FAMILY, GIVEN, note, phrase

FIRST_CREATED = 1_672_531_200_000
SPAN = 94_694_400_000
ARCHIVED_EVERY = 40
SAME_MOMENT = 5  # neighbours that were modified in the same millisecond
NUMBERS = ("10.00", "0", "-0", "12345678901234567890", "0.12345678901234567890", "1e3", "99.5")


def starts_archived(ordinal: int) -> bool:
    return ordinal % ARCHIVED_EVERY == ARCHIVED_EVERY - 1


def born(base: int, ordinal: int) -> int:
    return FIRST_CREATED + ordinal * SPAN // max(base, 1)


def modified(base: int, ordinal: int) -> int:
    """Return when a seeded object was last changed; never less for a later ordinal."""
    return born(base, (ordinal // SAME_MOMENT + 1) * SAME_MOMENT) + 3_600_000


def object_record(kind: Kind, seed: int, base: int, ordinal: int) -> Record:
    chance = Chance(seed, ordinal)
    properties: dict[str, Any] = {name: _text(chance, kind, name, ordinal) for name in kind.texts}
    properties |= {name: _number(chance) for name in kind.numbers}
    properties |= {name: rfc3339_millis(FIRST_CREATED + chance.below(SPAN)) for name in kind.moments}
    properties |= {name: chance.pick(CHOICES[name]) for name in kind.choices}
    properties |= {name: chance.pick(("A", "B", "0")) for name in kind.sensitive}
    updated = modified(base, ordinal)
    archived = updated + 86_400_000 if starts_archived(ordinal) else None
    return {"properties": properties, "created": born(base, ordinal), "updated": updated, "archived": archived}


def _text(chance: Chance, kind: Kind, name: str, ordinal: int) -> object:
    if name in FIXED:
        return FIXED[name](chance, ordinal)
    return None if chance.one_in(5) else note(chance) if chance.one_in(2) else f"{kind.singular} {phrase(chance)}"


def _number(chance: Chance) -> str | None:
    if chance.one_in(4):
        return None
    return chance.pick(NUMBERS) if chance.one_in(4) else str(chance.below(100_000))


def _first_name(chance: Chance, ordinal: int) -> object:  # noqa: ARG001
    return literal(r'"Ren\u00e9 \ud83d\ude80"') if chance.one_in(60) else chance.pick(GIVEN)


FIXED: dict[str, Callable[[Chance, int], object]] = {
    "email": lambda chance, n: None if chance.one_in(25) else f"contact{n}@example.com",
    "firstname": _first_name,
    "lastname": lambda chance, _: chance.pick(FAMILY),
    "domain": lambda _, n: f"company{n}.example",
    "name": lambda chance, n: f"{chance.pick(COMPANIES)} {n}",
    "hubspot_owner_id": lambda chance, _: str(11 + chance.below(4)),
    "hs_attachment_ids": lambda chance, _: str(9001 + chance.below(10)) if chance.one_in(3) else None,
    "hs_email": lambda _, n: f"user{n}@example.com",
}


def pipelines() -> dict[str, dict[str, Record]]:
    deals = _pipeline("default", "Sales Pipeline", CHOICES["dealstage"])
    tickets = _pipeline("0", "Support Pipeline", CHOICES["hs_pipeline_stage"])
    return {"deals": {"default": deals}, "tickets": {"0": tickets}}


def _pipeline(key: str, label: str, stages: tuple[str, ...]) -> dict[str, Any]:
    stamp = rfc3339_millis(FIRST_CREATED)
    rows = [
        {
            "label": stage.title(), "displayOrder": order, "metadata": {"isClosed": "false", "probability": "0.20"},
            "id": stage, "createdAt": stamp, "updatedAt": stamp, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "archived": False,
        }
        for order, stage in enumerate(stages)
    ]  # fmt: skip
    return {
        "label": label, "displayOrder": 0, "id": key, "stages": rows, "createdAt": stamp, "updatedAt": stamp,
        "archived": False,
    }  # fmt: skip
