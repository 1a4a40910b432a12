"""Connections: authorised logins at a platform. Their tokens are in Secrets Manager, never here."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class Connection(Item, discriminator="connection"):
    """One authorised login at one platform.

    `refresh_until` and `refresh_fence` are the lease of the one worker that may refresh the tokens;
    `platform_account_id` is the vendor's own id of the account that was authorised. Status: active | expired | error
    | revoked.
    """

    PK, SK = "ACCOUNT#{account_id}", "CONNECTION#{connection_id}"

    account_id = UnicodeAttribute()
    connection_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    platform = UnicodeAttribute()
    name = UnicodeAttribute()
    auth_type = UnicodeAttribute(default="oauth")
    status = UnicodeAttribute(default="active")
    status_reason = UnicodeAttribute(null=True)
    scopes = JSONAttribute(default=list)
    platform_account_id = UnicodeAttribute(null=True)
    platform_account_name = UnicodeAttribute(null=True)
    expires_at = UTCDateTimeAttribute(null=True)
    last_used_at = UTCDateTimeAttribute(null=True)
    refresh_until = UTCDateTimeAttribute(null=True)
    refresh_fence = NumberAttribute(default=0)
