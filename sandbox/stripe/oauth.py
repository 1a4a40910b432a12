"""connect.stripe.com: the authorize page, tokens, deauthorization."""

import base64
import binascii

from sandbox import consent
from sandbox.consent import Door, Wish
from sandbox.grants import Grant, GrantRefusedError, Grants
from sandbox.messages import Request, Response, to_json
from sandbox.vendor import AnyVendor

SCOPES = ("read_only", "read_write")
TOKEN_PREFIX = "sk_test_"  # noqa: S105


def authorize(vendor: AnyVendor, request: Request) -> Response:
    def wish(asked: dict[str, str]) -> Wish:
        uri, scope = redirect_uri(vendor.grants, asked), asked.get("scope", "read_only")
        return Wish(asked.get("client_id", ""), uri, asked.get("state", ""), [scope], "", asked)

    def complaint(wish: Wish) -> str:
        return "" if wish.scopes[0] in SCOPES else f"Invalid scope: {wish.scopes[0]}"

    def approved(wish: Wish, grant: Grant) -> Response:
        code = vendor.grants.code(grant, wish.redirect_uri, "", vendor.clock.now(), "ac_")
        return consent.send_back(wish, code=code, scope=wish.scopes[0])

    return consent.authorize(vendor, request, Door("Stripe", wish, complaint, approved))


def redirect_uri(grants: Grants, asked: dict[str, str]) -> str:
    """Return the URI asked for, or the first registered one."""
    registered = grants.settings.redirect_uris
    return asked.get("redirect_uri", "") or (registered[0] if registered else "")


def token(vendor: AnyVendor, request: Request) -> Response:
    if secret_of(request) != vendor.settings.client_secret:
        return _refusal(401, "invalid_client", "No such API key, or it does not belong to the platform")
    form = request.form
    try:
        if form.get("grant_type") == "authorization_code":
            grant = vendor.grants.redeem(form.get("code", ""), None, "", vendor.clock.now())
        elif form.get("grant_type") == "refresh_token":
            grant = vendor.grants.refresh(form.get("refresh_token", ""))
        else:
            return _refusal(400, "unsupported_grant_type", "Grant type not supported")
    except GrantRefusedError as refused:
        return _refusal(400, "invalid_grant", str(refused))
    return _granted(vendor, grant)


def _granted(vendor: AnyVendor, grant: Grant) -> Response:
    return to_json(
        {
            "access_token": vendor.grants.access(grant, vendor.clock.now(), TOKEN_PREFIX),
            "livemode": False,
            "refresh_token": vendor.grants.refresher(grant, "rt_"),
            "token_type": "bearer",
            "stripe_publishable_key": f"pk_test_{grant.id}",
            "stripe_user_id": grant.account,
            "scope": grant.scopes[0],
        }
    )


def deauthorize(vendor: AnyVendor, request: Request) -> Response:
    form = request.form
    if secret_of(request) != vendor.settings.client_secret or form.get("client_id") != vendor.settings.client_id:
        return _refusal(401, "invalid_client", "No such application, or the key does not belong to it")
    grants = vendor.grants.of_account(form.get("stripe_user_id", ""))
    if not grants:
        message = "This application is not connected to the given account"
        return _refusal(400, "invalid_client", message)
    for grant in grants:
        grant.revoked = True
    return to_json({"stripe_user_id": form["stripe_user_id"]})


def secret_of(request: Request) -> str:
    """Find the platform's secret key: a form field, a bearer token, or the user name of Basic."""
    return request.form.get("client_secret", "") or key_of(request)


def key_of(request: Request) -> str:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.bearer
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refusal(status: int, error: str, description: str) -> Response:
    return to_json({"error": error, "error_description": description}, status)
