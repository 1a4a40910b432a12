"""The page on which an account's owner lets an app in, the same for all vendors but for its heading."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from sandbox.grants import Grant
from sandbox.messages import Request, Response, redirect, to_page
from sandbox.vendor import AnyVendor

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


@dataclass(frozen=True)
class Door:
    """What differs between the vendors' pages."""

    title: str
    wish: Callable[[dict[str, str]], Wish]  # reads the query
    complaint: Callable[[Wish], str]  # what is wrong with the wish, beyond what is wrong everywhere
    approved: Callable[[Wish, Grant], Response]


def authorize(vendor: AnyVendor, request: Request, door: Door) -> Response:
    """Show the page, or act on the owner's decision."""
    asked = dict(request.form if request.method == "POST" else request.args)
    decision, account = asked.pop("decision", ""), asked.pop("account", "") or vendor.default_account
    wish = door.wish(asked)
    problem = _complaint(vendor, wish, account) or door.complaint(wish)
    if problem:
        # Such errors must not be redirected: the address may be anybody's.
        return to_page(ERROR.format(vendor=door.title, message=escape(problem)), 400)
    if request.method == "GET":
        return _ask(vendor, request, door.title, wish, account)
    if decision != "approve":
        return send_back(wish, error="access_denied", error_description="The user denied your request")
    if account not in vendor.accounts:
        vendor.seed(account, vendor.shared.seed, {})
    return door.approved(wish, vendor.grants.consent(account, wish.scopes))


def _complaint(vendor: AnyVendor, wish: Wish, account: str) -> str:
    if wish.client_id != vendor.settings.client_id:
        return "No application matches the supplied client identifier"
    if not vendor.grants.takes_redirect(wish.redirect_uri):
        return "Invalid redirect_uri: it must match one of those registered with the app exactly"
    if wish.asked.get("response_type", "code") != "code":
        return "Unsupported response_type"
    return "" if vendor.is_account(account) else f"{account} is not the name of an account"


def _ask(vendor: AnyVendor, request: Request, title: str, wish: Wish, account: str) -> Response:
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in wish.asked.items())
    page = PAGE.format(
        vendor=title,
        app=escape(wish.client_id),
        scopes="".join(f"<li>{escape(scope)}</li>" for scope in wish.scopes),
        action=escape(f"{request.origin}/{request.host}{request.path}"),
        hidden=hidden,
        account=escape(account),
        accounts="".join(f'<option value="{escape(name)}">' for name in vendor.accounts),
    )
    return to_page(page)


def send_back(wish: Wish, **results: str) -> Response:
    """Redirect to the app with the results and the state it gave."""
    if wish.state:
        results["state"] = wish.state
    joint = "&" if "?" in wish.redirect_uri else "?"
    return redirect(wish.redirect_uri + joint + urlencode(results))
