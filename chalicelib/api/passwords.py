"""Passwords: what they may be, and setting a new one."""

import re
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import AfterValidator, Field

from chalicelib.api.caller import Person, Visitor
from chalicelib.api.endpoint import endpoint
from chalicelib.api.models import Body, Email, Nothing, Secret, View
from chalicelib.api.sessions import end_everywhere
from chalicelib.services import attempts, auth
from chalicelib.services.outside import outside
from chalicelib.store.recording import Deed

routes = Blueprint(__name__)

_STRENGTHS = (("a lower-case letter", r"[a-z]"), ("an upper-case letter", r"[A-Z]"), ("a digit", r"[0-9]"))

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _strong(password: str) -> str:
    """Refuse what the user pool would, before it is asked: its answer could tell whether an address is known."""
    if password != password.strip() or _CONTROL.search(password):
        raise ValueError("the password may not begin or end with a blank, nor have control characters")
    missing = [what for what, pattern in _STRENGTHS if not re.search(pattern, password)]
    if missing:
        raise ValueError(f"the password needs {' and '.join(missing)}")
    return password


NewPassword = Annotated[
    str, Field(min_length=12, max_length=256, json_schema_extra={"writeOnly": True}), AfterValidator(_strong)
]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{4,12}$")]


class Address(Body):
    email: Email = Field(examples=["ada@example.com"])


class NewPasswordByCode(Body):
    email: Email = Field(examples=["ada@example.com"])
    code: Code = Field(examples=["123456"])
    password: NewPassword = Field(examples=["Another-horse-8-battery"])


class NewPasswordByOld(Body):
    old_password: Secret = Field(examples=["Wooden-horse-6-battery"])
    password: NewPassword = Field(examples=["Another-horse-8-battery"])


class ResetCodeView(View):
    """What is answered whether or not the address is known."""

    status: Literal["code_sent"] = "code_sent"
    message: str = "If the address can be used, a code is on its way to it; send it to /auth/reset-password."


@endpoint(
    routes,
    "POST",
    "/auth/forgot-password",
    name="auth.forgot-password",
    on="public",
    body=Address,
    returns=ResetCodeView,
    status=202,
    errors=(429,),
)
def forgot(caller: Visitor, body: Address) -> ResetCodeView:
    """Send a code to set a new password with; the answer is the same for an unknown address."""
    attempts.count("code", body.email, caller.now)
    outside().identity.send_reset_code(body.email)
    return ResetCodeView()


@endpoint(
    routes,
    "POST",
    "/auth/reset-password",
    name="auth.reset-password",
    on="public",
    body=NewPasswordByCode,
    errors=(429,),
)
def reset(caller: Visitor, body: NewPasswordByCode) -> Nothing:
    """Set a new password with the code that was sent; all sessions of the user end."""
    with attempts.counted("reset", body.email, caller.now):
        outside().identity.reset_password(body.email, body.code, body.password)
    auth.end_sessions_of(outside().identity, body.email, caller.correlation_id, caller.now)
    attempts.forget("login", body.email)
    return Nothing()


@endpoint(
    routes,
    "POST",
    "/auth/change-password",
    name="auth.change-password",
    on="self",
    allow="profile:change-password",
    body=NewPasswordByOld,
    repeatable=False,
    errors=(429,),
)
def change(caller: Person, body: NewPasswordByOld, deed: Deed) -> Nothing:
    """Set a new password by the old one; all sessions of the user end, this one too."""
    with attempts.counted("password", caller.user.email, caller.now):
        outside().identity.change_password(caller.token, body.old_password, body.password)
    end_everywhere(caller, deed)
    return Nothing()
