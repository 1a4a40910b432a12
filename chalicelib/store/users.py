"""Users: the people who sign in."""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.update import Action

from chalicelib.store.memberships import Membership
from chalicelib.store.table import Item, Write


class User(Item, discriminator="user"):
    """One person; the id follows from the user pool's subject (`domain.users`), so no index is needed to find them.

    Access tokens of sign-ins before `signed_out_at` no longer count. Status: active | suspended | deleted. Mfa: off |
    pending (a secret was given out) | on.
    """

    PK, SK = "USER#{user_id}", "PROFILE"

    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute(default="active")
    mfa = UnicodeAttribute(default="off")
    current_account_id = UnicodeAttribute()
    signed_out_at = UTCDateTimeAttribute(null=True)

    def signing_out(self, now: datetime) -> Write:
        """Say to a transaction that no sign-in until now counts, whoever else changes the user meanwhile."""
        actions: list[Action] = [User.signed_out_at.set(now), User.version.add(1), User.updated_at.set(now)]
        return lambda together: together.update(self, actions=actions, condition=User.pk.exists())


def with_memberships(user_id: str) -> tuple[User | None, Sequence[Membership]]:
    """Read a user and all their memberships in one strongly consistent query."""
    items = list(Item.query(User.PK.format(user_id=user_id), consistent_read=True))
    user = next((item for item in items if isinstance(item, User)), None)
    return user, [item for item in items if isinstance(item, Membership)]
