"""The authorize page of www.dropbox.com, and the token endpoint."""

import base64
import binascii
from urllib.parse import unquote

from sandbox import consent
from sandbox.chance import seed_of
from sandbox.consent import Door, Wish
from sandbox.grants import Grant, GrantRefusedError
from sandbox.messages import Request, Response, to_json
from sandbox.vendor import AnyVendor

SCOPES = [
    "account_info.read",
    "account_info.write",
    "files.metadata.read",
    "files.metadata.write",
    "files.content.read",
    "files.content.write",
    "files.permanent_delete",
    "sharing.read",
    "sharing.write",
    "file_requests.read",
    "file_requests.write",
    "contacts.read",
    "contacts.write",
]
TOKEN_PREFIX = "sl."  # noqa: S105


def authorize(vendor: AnyVendor, request: Request) -> Response:
    def wish(asked: dict[str, str]) -> Wish:
        wanted = asked["scope"].split() if asked.get("scope") else list(vendor.settings.scopes or SCOPES)
        client, uri, state = (asked.get(name, "") for name in ("client_id", "redirect_uri", "state"))
        return Wish(client, uri, state, wanted, asked.get("code_challenge", ""), asked)

    def approved(wish: Wish, grant: Grant) -> Response:
        if wish.asked.get("token_access_type") == "offline":
            vendor.grants.refresher(grant)
        code = vendor.grants.code(grant, wish.redirect_uri, wish.challenge, vendor.clock.now())
        return consent.send_back(wish, code=code)

    return consent.authorize(vendor, request, Door("Dropbox", wish, lambda wish: _complaint(vendor, wish), approved))


def _complaint(vendor: AnyVendor, wish: Wish) -> str:
    unknown = set(wish.scopes) - set(vendor.settings.scopes or SCOPES)
    if unknown:
        return f"Invalid scope: {', '.join(sorted(unknown))}"
    if wish.challenge and wish.asked.get("code_challenge_method", "plain") != "S256":
        return "Only the S256 code challenge method is taken here"
    return ""


def token(vendor: AnyVendor, request: Request) -> Response:
    form = request.form
    client, secret = _client(request)
    by_verifier = not secret and ("code_verifier" in form or form.get("grant_type") == "refresh_token")
    if client != vendor.settings.client_id or not (secret == vendor.settings.client_secret or by_verifier):
        return _refusal("invalid_client", "Invalid client_id or client_secret")
    try:
        if form.get("grant_type") == "authorization_code":
            grant = _redeemed(vendor, form)
            return to_json(_granted(vendor, grant) | _owner(grant) | _refresher(grant))
        if form.get("grant_type") == "refresh_token":
            return _refreshed(vendor, form)
    except GrantRefusedError as refused:
        return _refusal("invalid_grant", str(refused))
    return _refusal("unsupported_grant_type", "grant type must be authorization_code or refresh_token")


def _redeemed(vendor: AnyVendor, form: dict[str, str]) -> Grant:
    redirect_uri, verifier = form.get("redirect_uri", ""), form.get("code_verifier", "")
    return vendor.grants.redeem(form.get("code", ""), redirect_uri, verifier, vendor.clock.now())


def _refreshed(vendor: AnyVendor, form: dict[str, str]) -> Response:
    """Give out a new access token; a refresh token comes with it only where they are set to rotate."""
    grant = vendor.grants.refresh(form.get("refresh_token", ""))
    answer = _granted(vendor, grant)
    if vendor.settings.rotate_refresh_tokens:
        answer["refresh_token"] = vendor.grants.refresher(grant)
    return to_json(answer)


def _granted(vendor: AnyVendor, grant: Grant) -> dict[str, object]:
    return {
        "access_token": vendor.grants.access(grant, vendor.clock.now(), TOKEN_PREFIX),
        "token_type": "bearer",
        "expires_in": vendor.settings.access_seconds,
        "scope": " ".join(grant.scopes),
    }


def _owner(grant: Grant) -> dict[str, object]:
    return {"uid": str(user_id(grant.account)), "account_id": grant.account}


def user_id(account: str) -> int:
    """Return the number by which older parts of the API know an account."""
    return seed_of(account) % 10**9


def _refresher(grant: Grant) -> dict[str, object]:
    return {"refresh_token": grant.refresh_token} if grant.refresh_token else {}


def _client(request: Request) -> tuple[str, str]:
    """Return the client's id and secret: from Basic, or else from the body."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.form.get("client_id", ""), request.form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(client), unquote(secret)


def _refusal(error: str, description: str) -> Response:
    return to_json({"error": error, "error_description": description}, 400)
