"""Opens the drawers of an account, filled as they are to begin with."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox.clock import Clock
from sandbox.collection import Record
from sandbox.hubspot import seeds
from sandbox.hubspot.drawer import Drawer
from sandbox.hubspot.graph import LABEL, SEEDED, type_id
from sandbox.hubspot.kinds import SETTINGS_CREATED, Kind, definition, property_entry

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

FIRST_OWN_TYPE = 1_000  # of labels that the account's owner makes
GROUPS = ("information", "_activity")


class Labels(Drawer):
    """Keeps a label of the owner's in both directions; each has a type of its own."""

    def add(self, owner: str, values: Record) -> Record:
        given = {name: value for name, value in values.items() if name != "inverseLabel"}
        record = super().add(owner, given)
        if mirrored(owner) != owner:
            super().add(mirrored(owner), given | {"label": values.get("inverseLabel", record["label"])})
        return record

    def take(self, owner: str, key: str) -> None:
        label = self.rows[owner][key]["label"]
        super().take(owner, key)
        back = [other for other, row in self.of(mirrored(owner)).items() if label and row["label"] == label]
        for other in back:
            super().take(mirrored(owner), other)


def mirrored(pair: str) -> str:
    left, _, right = pair.partition("/")
    return f"{right}/{left}"


def opened(kinds: Iterable[Kind], clock: Clock) -> dict[str, Drawer]:
    properties = {kind.name: definitions(kind) for kind in kinds}
    found = {kind.name: groups(kind) for kind in kinds}
    return {
        "properties": Drawer("name", "contacts", properties, _property, clock, archives=True),
        "property_groups": Drawer("name", "contacts", found, _group, clock),
        "pipelines": Drawer("id", "deals", seeds.pipelines(), _pipeline, clock),
        "association_labels": Labels("typeId", "contacts/companies", labels(), _label, clock),
    }


def definitions(kind: Kind) -> dict[str, Record]:
    return {name: definition(kind, name, SETTINGS_CREATED) for name in (*kind.own, *kind.always)}


def groups(kind: Kind) -> dict[str, Record]:
    return {f"{kind.singular}{suffix}": group(f"{kind.singular}{suffix}", at) for at, suffix in enumerate(GROUPS)}


def group(name: str, order: int) -> Record:
    return {"name": name, "label": name.replace("_", " ").title(), "displayOrder": order, "archived": False}


def labels() -> dict[str, dict[str, Record]]:
    """Return the association types of every pair that has any, both ways."""
    pairs = [pair for left, right in SEEDED for pair in ((left, right), (right, left))]
    return {f"{left}/{right}": first_labels(left, right) for left, right in pairs}


def first_labels(left: str, right: str) -> dict[str, Record]:
    plain = {"category": "HUBSPOT_DEFINED", "typeId": type_id(left, right), "label": None}
    return {str(entry["typeId"]): dict(entry) for entry in (plain, LABEL)}


def known_labels(account: "HubSpotAccount") -> Drawer:
    """Return the labels of every pair; one that came to have associations has its plain type from then on."""
    drawer = account.drawers["association_labels"]
    for left, right in account.graph.pairs():
        drawer.rows.setdefault(f"{left}/{right}", first_labels(left, right))
    return drawer


def _property(number: int, stamp: str) -> Record:
    entry = {"name": f"extra_{number}", "label": f"Extra {number}", "type": "string", "fieldType": "text"}
    return property_entry(entry | {"groupName": "contactinformation"}, stamp)


def _group(number: int, stamp: str) -> Record:  # noqa: ARG001
    return group(f"group_{number}", number)


def _pipeline(number: int, stamp: str) -> Record:
    stamps = {"createdAt": stamp, "updatedAt": stamp}
    return {
        "id": str(800_000 + number), "label": f"Pipeline {number}", "displayOrder": number, "stages": [], **stamps,
        "archived": False,
    }  # fmt: skip


def _label(number: int, stamp: str) -> Record:  # noqa: ARG001
    return {"category": "USER_DEFINED", "typeId": FIRST_OWN_TYPE + number, "label": f"Label {number}"}
