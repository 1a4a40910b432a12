"""Conversations as an account has them: threads and their messages."""

from typing import TYPE_CHECKING, Any

from sandbox.chance import Chance
from sandbox.clock import rfc3339_millis
from sandbox.collection import Record
from sandbox.hubspot.shelf import Bin, Shelf, stamps
from sandbox.oddities import note, person
from sandbox.sharing import children_of

if TYPE_CHECKING:
    from sandbox.hubspot.account import HubSpotAccount

INBOX_ID = "71001"
CHANNEL, CHANNEL_ACCOUNT = "1002", "81001"


def thread(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance, contacts = Chance(seed, ordinal), account.objects["contacts"]
    latest = _latest(account, ordinal)
    closed = chance.one_in(3)
    return {
        "id": account.shelves["conversation_threads"].key(ordinal),
        **stamps(account, "conversation_threads", ordinal, "createdAt"),
        **({"closedAt": latest} if closed else {}),
        "status": "CLOSED" if closed else "OPEN",
        "originalChannelId": CHANNEL,
        "originalChannelAccountId": CHANNEL_ACCOUNT,
        "latestMessageTimestamp": latest,
        "latestMessageReceivedTimestamp": latest,
        "assignedTo": "A-9001",
        "spam": chance.one_in(10),
        "inboxId": INBOX_ID,
        "associatedContactId": contacts.key(chance.below(contacts.base)) if contacts.base else "0",
        "archived": False,
    }


def _latest(account: "HubSpotAccount", ordinal: int) -> str:
    """Return when the last message of a thread came, or when the thread began."""
    threads, messages = account.shelves["conversation_threads"], account.shelves["conversation_messages"]
    dealt = children_of(ordinal, threads.base, messages.base) if ordinal < threads.base else range(0)
    return rfc3339_millis(messages.born(dealt[-1]) if dealt else threads.born(ordinal))


def message(seed: int, account: "HubSpotAccount", ordinal: int) -> dict[str, Any]:
    chance = Chance(seed, ordinal)
    visitor, text = chance.one_in(2), note(chance)
    actor = "V-5001" if visitor else "A-9001"
    address = {"type": "HS_EMAIL_ADDRESS", "value": f"visitor{ordinal}@example.com"}
    sender = {"actorId": actor, "name": person(chance), "senderField": "FROM", "deliveryIdentifier": address}
    return {
        "type": "MESSAGE",
        "id": account.shelves["conversation_messages"].key(ordinal),
        "conversationsThreadId": account.cabinet.dealt_parent("conversation_messages", ordinal),
        **stamps(account, "conversation_messages", ordinal),
        "createdBy": actor,
        "client": {"clientType": "HUBSPOT"},
        "senders": [sender],
        "recipients": [{"actorId": "A-9001", "recipientField": "TO", "deliveryIdentifiers": []}],
        "archived": False,
        "text": text,
        "richText": text,
        "attachments": [],
        "subject": None if chance.one_in(2) else note(chance),
        "truncationStatus": "NOT_TRUNCATED",
        "status": {"statusType": "RECEIVED" if visitor else "SENT"},
        "direction": "INCOMING" if visitor else "OUTGOING",
        "channelId": CHANNEL,
        "channelAccountId": CHANNEL_ACCOUNT,
    }


def _wake_thread(account: "HubSpotAccount", message: Record) -> None:
    """Let a new message be the latest of its thread."""
    thread = account.cabinet.find("conversation_threads", message["conversationsThreadId"])
    if thread is not None:
        moment = message["createdAt"]
        values = {"latestMessageTimestamp": moment, "latestMessageReceivedTimestamp": moment}
        account.cabinet.change("conversation_threads", thread, values)


INBOX = (
    Shelf(
        "conversation_threads", 600_100, 24, thread, updated="", touches="assignedTo",
        bin=Bin("archived", False, lambda _: True, kept=False),
    ),
    Shelf(
        "conversation_messages", 900_000, 150, message, touches="text", parent="conversation_threads",
        parent_field="conversationsThreadId", added=_wake_thread,
    ),
)  # fmt: skip
