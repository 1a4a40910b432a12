"""The page on which an account's owner lets an app in, the same for all vendors but for its heading."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from sandbox.grants import Grants
from sandbox.messages import Response, redirect, to_page

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{vendor}: connect an app</title>
<style>body{{font:16px sans-serif;max-width:32em;margin:4em auto}}li{{font-family:monospace}}</style></head>
<body><h1>{vendor}</h1><p><b>{app}</b> asks for access to your account:</p><ul>{scopes}</ul>
<form method="post" action="{action}">{hidden}
<p><label>Account <input name="account" list="accounts" value="{account}"></label>
<datalist id="accounts">{accounts}</datalist></p>
<p><button name="decision" value="approve">Allow</button> <button name="decision" value="deny">Deny</button></p>
</form></body></html>
"""
ERROR = "<!DOCTYPE html><html><head><title>{vendor}</title></head><body><h1>{vendor}</h1><p>{message}</p></body></html>"


@dataclass
class Wish:
    """What an app asks for on the authorize page; `asked` repeats the query, for the form."""

    client_id: str
    redirect_uri: str
    state: str
    scopes: list[str]
    challenge: str
    asked: dict[str, str]


def complaint(wish: Wish, grants: Grants) -> str:
    """Say what forbids even asking the owner; such errors must not be redirected."""
    if wish.client_id != grants.settings.client_id:
        return "No application matches the supplied client identifier"
    if not grants.takes_redirect(wish.redirect_uri):
        return "Invalid redirect_uri: it must match one of those registered with the app exactly"
    if wish.asked.get("response_type", "code") != "code":
        return "Unsupported response_type"
    return ""


def ask(vendor: str, action: str, wish: Wish, accounts: Iterable[str], account: str) -> Response:
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in wish.asked.items())
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in wish.scopes)
    options = "".join(f'<option value="{escape(name)}">' for name in accounts)
    return to_page(
        PAGE.format(
            vendor=vendor, app=escape(wish.client_id), scopes=scopes, action=escape(action), hidden=hidden,
            account=escape(account), accounts=options,
        )
    )  # fmt: skip


def refuse(vendor: str, message: str) -> Response:
    return to_page(ERROR.format(vendor=vendor, message=escape(message)), 400)


def deny(wish: Wish) -> Response:
    return send_back(wish, error="access_denied", error_description="The user denied your request")


def send_back(wish: Wish, **results: str) -> Response:
    """Redirect to the app with the results and the state it gave."""
    if wish.state:
        results["state"] = wish.state
    joint = "&" if "?" in wish.redirect_uri else "?"
    return redirect(wish.redirect_uri + joint + urlencode(results))
