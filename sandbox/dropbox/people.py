"""The account's owner, the space used, checks, and the end of a token."""

from sandbox.collection import Record
from sandbox.dropbox.call import Call, route
from sandbox.messages import Response, to_json

NAMESPACE = "3235641"
QUOTA = 2_199_023_255_552


@route("users/get_current_account", "account_info.read")
def get_current_account(call: Call) -> Response:
    return to_json(profile(call.account.id))


def profile(account_id: str) -> Record:
    return {
        "account_id": account_id,
        "name": {
            "given_name": "Ann",
            "surname": "Lee",
            "familiar_name": "Ann",
            "display_name": "Ann Lee",
            "abbreviated_name": "AL",
        },
        "email": "ann@example.com",
        "email_verified": True,
        "disabled": False,
        "country": "US",
        "locale": "en",
        "referral_link": "https://www.dropbox.com/referrals/sandbox",
        "is_paired": False,
        "account_type": {".tag": "basic"},
        "root_info": {".tag": "user", "root_namespace_id": NAMESPACE, "home_namespace_id": NAMESPACE},
    }


@route("users/get_space_usage", "account_info.read")
def get_space_usage(call: Call) -> Response:
    call.account.sync()
    used = sum(node.size for node in call.account.tree.walk())
    return to_json({"used": used, "allocation": {".tag": "individual", "allocated": QUOTA}})


@route("check/user", "account_info.read")
def check_user(call: Call) -> Response:
    return to_json({"result": call.arg.get("query", "")})


@route("auth/token/revoke", "")
def revoke_token(call: Call) -> Response:
    """End the access token and the refresh token it came from."""
    call.grant.revoked = True
    return Response(200, b"null")
