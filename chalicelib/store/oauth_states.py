"""OAuth states: what a vendor's answer is checked against."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.store.table import Item


class OAuthState(Item, discriminator="oauth_state"):
    """One authorisation under way, known by the hash of its state; it is deleted by being used.

    `binding_hash` is the hash of what only the browser that began it holds. `verifier` is the PKCE secret;
    `connection_id` is set where an existing connection is authorised again, `tenant` is what was told of the customer's
    account at the vendor. `expires_at` is checked by whoever uses
    it: the table's TTL deletes days later.
    """

    PK, SK = "STATE#{state_hash}", "STATE"

    state_hash = UnicodeAttribute()
    binding_hash = UnicodeAttribute()
    user_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    platform = UnicodeAttribute()
    redirect_uri = UnicodeAttribute()
    return_to = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    connection_id = UnicodeAttribute(null=True)
    verifier = UnicodeAttribute(null=True)
    tenant = JSONAttribute(null=True)
    expires_at = UTCDateTimeAttribute()
