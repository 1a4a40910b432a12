"""Users: the people who sign in."""

from collections.abc import Sequence

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.memberships import Membership
from chalicelib.store.table import Item


class User(Item, discriminator="user"):
    """One person; the id follows from the user pool's subject (`domain.users`), so no index is needed to find them.

    Access tokens of sign-ins before `signed_out_at`, and those of a session in `ended_sessions` ({session: the time
    until which it could have given any, in epoch seconds}), no longer count. Status: active | suspended | deleted.
    """

    PK, SK = "USER#{user_id}", "PROFILE"

    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute(default="active")
    current_account_id = UnicodeAttribute()
    signed_out_at = UTCDateTimeAttribute(null=True)
    ended_sessions = JSONAttribute(default=dict)


def with_memberships(user_id: str) -> tuple[User | None, Sequence[Membership]]:
    """Read a user and all their memberships in one strongly consistent query."""
    items = list(Item.query(User.PK.format(user_id=user_id), consistent_read=True))
    user = next((item for item in items if isinstance(item, User)), None)
    return user, [item for item in items if isinstance(item, Membership)]
