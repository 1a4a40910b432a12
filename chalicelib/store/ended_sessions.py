"""Sessions that were ended before their tokens were."""

from pynamodb.attributes import UnicodeAttribute

from chalicelib.store.table import Item, Write


class EndedSession(Item, discriminator="ended_session"):
    """One sign-in whose access tokens no longer count; `session` is what its tokens have in common.

    It lies beside its user, not with them: however many there are, no other read grows. The TTL is when the session
    could have given no more tokens.
    """

    PK, SK = "USER#{user_id}#ENDED", "SESSION#{session}"

    user_id = UnicodeAttribute()
    session = UnicodeAttribute()

    def ending(self) -> Write:
        """Say to a transaction that the session has ended, if need be once more."""
        return lambda together: together.save(self)
