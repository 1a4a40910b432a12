"""The plain collections around the CRM: owners, lists, files, folders, forms, marketing e-mails, and all the others."""

import hashlib
from typing import TYPE_CHECKING, Any

from sandbox.chance import Chance, mix
from sandbox.collection import Record
from sandbox.hubspot.flows import FLOWS
from sandbox.hubspot.inbox import INBOX
from sandbox.hubspot.shelf import Shelf, stamps
from sandbox.hubspot.website import WEBSITE
from sandbox.oddities import FAMILY, GIVEN, note, phrase

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

FORM_TYPES = ("hubspot", "hubspot", "hubspot", "captured", "flow", "blog_comment")


def owner(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    return {
        "id": account.shelves["owners"].key(ordinal),
        "email": f"owner{ordinal}@example.com",
        "type": "PERSON",
        "firstName": chance.pick(GIVEN),
        "lastName": chance.pick(FAMILY),
        "userId": 9000 + ordinal,
        "userIdIncludingInactive": 9000 + ordinal,
        **stamps(account, "owners", ordinal),
        "archived": ordinal % 5 == 4,
        "teams": [{"id": "3", "name": "Sales", "primary": True}],
    }


def contact_list(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    return {
        "listId": account.shelves["lists"].key(ordinal),
        "listVersion": 1,
        **stamps(account, "lists", ordinal),
        "filtersUpdatedAt": stamps(account, "lists", ordinal)["createdAt"],
        "processingStatus": "COMPLETE",
        "createdById": "9001",
        "updatedById": "9001",
        "processingType": chance.pick(("MANUAL", "DYNAMIC", "SNAPSHOT")),
        "objectTypeId": "0-1",
        "name": f"{phrase(chance, 2)} {ordinal}",
    }


def file(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    key = account.shelves["files"].key(ordinal)
    body = contents(seed, ordinal)
    return {
        "id": key,
        **stamps(account, "files", ordinal),
        "archived": False,
        "parentFolderId": account.shelves["folders"].key(ordinal % 3) if account.shelves["folders"].base else None,
        "name": f"logo {ordinal}",
        "path": f"/folder-{ordinal % 3}/logo-{ordinal}.png",
        "size": len(body),
        "height": None,
        "width": None,
        "encoding": "png",
        "type": "IMG",
        "extension": "png",
        "defaultHostingUrl": f"https://{account.id}.fs1.hubspotusercontent-na1.net/hubfs/{account.id}/logo-{ordinal}.png",
        "url": f"https://{account.id}.fs1.hubspotusercontent-na1.net/hubfs/{account.id}/logo-{ordinal}.png",
        "isUsableInContent": True,
        "access": "PRIVATE",
        "fileMd5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "sourceGroup": "UPLOAD",
    }


def contents(seed: int, ordinal: int) -> bytes:
    size = mix(seed ^ ordinal) % 50_000
    return hashlib.shake_128(f"{seed} {ordinal}".encode()).digest(size)


def folder(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:  # noqa: ARG001
    return {
        "id": account.shelves["folders"].key(ordinal),
        **stamps(account, "folders", ordinal),
        "archived": False,
        "parentFolderId": None,
        "name": f"folder-{ordinal}",
        "path": f"/folder-{ordinal}",
    }


def form(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    return {
        "formType": FORM_TYPES[ordinal % len(FORM_TYPES)],
        "id": account.shelves["forms"].key(ordinal),
        "name": phrase(chance, 3),
        **stamps(account, "forms", ordinal),
        "archived": False,
        "fieldGroups": [{"groupType": "default_group", "richTextType": "text", "fields": []}],
        "configuration": {"language": "en", "cloneable": True, "editable": True, "archivable": True},
        "displayOptions": {"renderRawHtml": False, "theme": "default_style", "submitButtonText": "Submit"},
        "legalConsentOptions": {"type": "none"},
    }


def form_submission(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    form, chance = account.cabinet.dealt_parent("form_submissions", ordinal), Chance(seed, ordinal)
    values = {"email": f"visitor{ordinal}@example.com", "message": note(chance)}
    return {
        "conversionId": account.shelves["form_submissions"].key(ordinal),
        "submittedAt": account.shelves["form_submissions"].born(ordinal),
        "values": [{"name": name, "value": value, "objectTypeId": "0-1"} for name, value in values.items()],
        "pageUrl": f"https://example.com/forms/{form}",
        "formId": form,
    }


def _submitted(record: Record) -> Record:
    """Leave out the form, which submissions do not name."""
    return {name: value for name, value in record.items() if name != "formId"}


def marketing_email(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    return {
        "id": account.shelves["marketing_emails"].key(ordinal),
        **stamps(account, "marketing_emails", ordinal),
        "archived": False,
        "name": phrase(chance, 2),
        "subject": note(chance),
        "state": "DRAFT",
        "type": "BATCH_EMAIL",
        "content": {"templatePath": "@hubspot/email/dnd/welcome.html", "plainTextVersion": note(chance)},
    }


SHELVES = (
    Shelf("owners", 11, 10, owner),
    Shelf("folders", 700, 3, folder),
    Shelf("files", 9001, 30, file),
    Shelf("lists", 1, 8, contact_list),
    Shelf("forms", 0, 6, form),
    Shelf(
        "form_submissions", 0, 360, form_submission, id="conversionId", updated="", parent="forms",
        parent_field="formId", listed=_submitted, whole=_submitted, touches="pageUrl",
    ),
    Shelf("marketing_emails", 5000, 12, marketing_email),
    *FLOWS,
    *INBOX,
    *WEBSITE,
)  # fmt: skip
BY_NAME = {shelf.name: shelf for shelf in SHELVES}
