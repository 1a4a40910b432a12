"""The authorize page of app.hubspot.com, and the token endpoints of api.hubapi.com."""

from uuid import uuid4

from sandbox import consent
from sandbox.consent import Door, Wish
from sandbox.grants import Grant, GrantRefusedError, TokenRefusedError
from sandbox.hubspot import errors, scopes
from sandbox.messages import Request, Response, to_json
from sandbox.vendor import AnyVendor

APP_ID = 1_112_223
USER_ID = 9001


def authorize(vendor: AnyVendor, request: Request) -> Response:
    def approved(wish: Wish, grant: Grant) -> Response:
        code = vendor.grants.code(grant, wish.redirect_uri, wish.challenge, vendor.clock.now(), "na1-")
        return consent.send_back(wish, code=code)

    door = Door("HubSpot", _wish, lambda wish: _unknown_scopes(vendor, wish.scopes), approved)
    return consent.authorize(vendor, request, door)


def _wish(asked: dict[str, str]) -> Wish:
    wanted = scopes.split(f"{asked.get('scope', '')} {asked.get('optional_scope', '')}")
    client, uri, state = (asked.get(name, "") for name in ("client_id", "redirect_uri", "state"))
    return Wish(client, uri, state, wanted, asked.get("code_challenge", ""), asked)


def _unknown_scopes(vendor: AnyVendor, asked: list[str]) -> str:
    allowed = scopes.KNOWN.intersection(vendor.settings.scopes) if vendor.settings.scopes else scopes.KNOWN
    wrong = [scope for scope in asked if scope not in allowed]
    if wrong or not asked:
        return f"Authorization failed because there is a mismatch between the scopes and the app: {', '.join(wrong)}"
    return ""


def token(vendor: AnyVendor, request: Request) -> Response:
    form = request.form
    if (form.get("client_id"), form.get("client_secret")) != (vendor.settings.client_id, vendor.settings.client_secret):
        return _refusal("BAD_CLIENT_ID", "missing or unknown client id, or wrong secret")
    try:
        if form.get("grant_type") == "authorization_code":
            verifier, now = form.get("code_verifier", ""), vendor.clock.now()
            grant = vendor.grants.redeem(form.get("code", ""), form.get("redirect_uri", ""), verifier, now)
        elif form.get("grant_type") == "refresh_token":
            grant = vendor.grants.refresh(form.get("refresh_token", ""))
        else:
            return _refusal("BAD_GRANT_TYPE", "missing or unknown grant type")
    except GrantRefusedError as refused:
        kind = "BAD_AUTH_CODE" if "code" in form else "BAD_REFRESH_TOKEN"
        return _refusal(kind, str(refused), "invalid_grant")
    return to_json(_granted(vendor, grant))


def _granted(vendor: AnyVendor, grant: Grant) -> dict[str, object]:
    return {
        "token_type": "bearer",
        "refresh_token": vendor.grants.refresher(grant, "na1-"),
        "access_token": vendor.grants.access(grant, vendor.clock.now(), token_prefix()),
        "hub_id": int(grant.account),
        "user_id": USER_ID,
        "scopes": grant.scopes,
        "expires_in": vendor.settings.access_seconds,
    }


def token_prefix() -> str:
    return "CSandbox"


def describe_access(vendor: AnyVendor, text: str) -> Response:
    """Answer GET /oauth/v1/access-tokens/{token}."""
    try:
        grant = vendor.grants.check(text, vendor.clock.now())
    except TokenRefusedError:
        return errors.error(404, "OBJECT_NOT_FOUND", "access token not found or expired")
    expires = vendor.grants.tokens[text].expires
    left = 0 if expires is None else int(expires - vendor.clock.now())
    return to_json({"token": text, **_described(grant), "expires_in": left})


def describe_refresh(vendor: AnyVendor, text: str) -> Response:
    grant = vendor.grants.grants.get(vendor.grants.refreshers.get(text, ""))
    if grant is None or grant.revoked:
        return errors.error(404, "OBJECT_NOT_FOUND", "refresh token not found")
    return to_json({"token": text, **_described(grant), "client_id": vendor.settings.client_id})


def _described(grant: Grant) -> dict[str, object]:
    return {
        "user": "owner@example.com",
        "hub_domain": f"sandbox-{grant.account}.example.com",
        "scopes": grant.scopes,
        "hub_id": int(grant.account),
        "app_id": APP_ID,
        "user_id": USER_ID,
        "token_type": "access",
    }


def revoke(vendor: AnyVendor, text: str) -> Response:
    """Forget a refresh token; what it gave out until now works on until it expires."""
    grant = vendor.grants.grants.get(vendor.grants.refreshers.pop(text, ""))
    if grant is not None:
        grant.refresh_token = ""
    return Response(204, content_type="")


def _refusal(kind: str, message: str, error: str = "invalid_client") -> Response:
    body = {
        "status": kind, "message": message, "correlationId": str(uuid4()), "error": error, "error_description": message,
    }  # fmt: skip
    return to_json(body, 400)
