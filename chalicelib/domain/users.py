"""Users' ids."""

from uuid import UUID

from ulid import ULID


def id_of_subject(subject: str) -> str:
    """Derive a user's id from the user pool's subject, a UUID: the same 128 bits, so no lookup is needed.

    Raises ValueError for a subject that is not a UUID.
    """
    return f"usr_{ULID.from_uuid(UUID(subject))}"
