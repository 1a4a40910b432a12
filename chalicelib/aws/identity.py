"""The user pool (Cognito): who can sign in, and the keys its tokens are signed with."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from chalicelib.aws.refusals import WRONG_CODE, WRONG_ONE_TIME_CODE, refusals
from chalicelib.errors import BadRequestError, ConflictError, InvalidFieldsError, NotFoundError, UnauthenticatedError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.literals import ChallengeNameTypeType
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

_NO_LONGER = "the token is no longer valid; log in again"
_WRONG_LOGIN = "the e-mail address or the password is wrong"
_KEYS_TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The tokens of a session; `refresh_token` is None where an old one stays in use."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_seconds: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the pool asks for before it gives tokens; `session` is handed back with the answer."""

    name: str
    session: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """One user pool, as one of its app clients sees it."""

    client: "CognitoIdentityProviderClient"
    pool_id: str
    client_id: str

    @property
    def issuer(self) -> str:
        """Name the `iss` of the pool's tokens."""
        return f"https://cognito-idp.{self.pool_id.partition('_')[0]}.amazonaws.com/{self.pool_id}"

    def published_keys(self) -> Mapping[str, Any]:
        """Read the pool's public keys (a JWK set) from where this client finds the pool."""
        url = f"{self.client.meta.endpoint_url}/{self.pool_id}/.well-known/jwks.json"
        answer = requests.get(url, timeout=_KEYS_TIMEOUT_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        keys: Mapping[str, Any] = answer.json()
        return keys

    def sign_up(self, email: str, password: str) -> str | None:
        """Register an address and send it a code; gives the new subject, None where the address was known before."""
        try:
            with refusals():
                attributes: list[AttributeTypeTypeDef] = [{"Name": "email", "Value": email}]
                answer = self.client.sign_up(
                    ClientId=self.client_id, Username=email, Password=password, UserAttributes=attributes
                )
        except ConflictError:
            return None
        return answer["UserSub"]

    def forget_unproved(self, email: str) -> bool:
        """Forget whoever has registered an address and not proved it; False where there is nobody to forget."""
        try:
            with refusals(unknown=NotFoundError("nobody has registered the address")):
                known = self.client.admin_get_user(UserPoolId=self.pool_id, Username=email)
                if known["UserStatus"] != "UNCONFIRMED":
                    return False
                self.client.admin_delete_user(UserPoolId=self.pool_id, Username=known["Username"])
        except NotFoundError:
            return False
        return True

    def confirm(self, email: str, code: str) -> None:
        """Prove an address with the code sent to it; an unknown address fails as a wrong code does."""
        with refusals(unknown=BadRequestError(WRONG_CODE), alike=True):
            self.client.confirm_sign_up(ClientId=self.client_id, Username=email, ConfirmationCode=code)

    def resend_code(self, email: str) -> None:
        """Send the code again; nothing tells whether there was anyone to send it to."""
        with suppress(BadRequestError), refusals(unknown=BadRequestError(WRONG_CODE), alike=True):
            self.client.resend_confirmation_code(ClientId=self.client_id, Username=email)

    def send_reset_code(self, email: str) -> None:
        """Send a code for a new password; nothing tells whether there was anyone to send it to."""
        with suppress(BadRequestError), refusals(unknown=BadRequestError(WRONG_CODE), alike=True):
            self.client.forgot_password(ClientId=self.client_id, Username=email)

    def reset_password(self, email: str, code: str, password: str) -> None:
        """Set a new password with the code sent for it; an unknown address fails as a wrong code does."""
        with refusals(unknown=BadRequestError(WRONG_CODE), alike=True):
            self.client.confirm_forgot_password(
                ClientId=self.client_id, Username=email, ConfirmationCode=code, Password=password
            )

    def change_password(self, access_token: str, old: str, new: str) -> None:
        """Set a signed-in user's password by the old one; raises InvalidFieldsError where that is another."""
        with refusals(unknown=_not_theirs("oldPassword")):
            self.client.change_password(AccessToken=access_token, PreviousPassword=old, ProposedPassword=new)

    def sign_in(self, email: str, password: str) -> SignedIn | Challenge:
        """Check a password; an unknown address fails as a wrong password does."""
        with refusals(unknown=UnauthenticatedError(_WRONG_LOGIN)):
            answer = self.client.initiate_auth(
                ClientId=self.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        return _outcome(answer)

    def answer_challenge(self, name: "ChallengeNameTypeType", session: str, answers: Mapping[str, str]) -> "Outcome":
        """Go on with a sign-in; `answers` are named as Cognito names them."""
        with refusals(unknown=UnauthenticatedError("the sign-in has ended; log in again")):
            answer = self.client.respond_to_auth_challenge(
                ClientId=self.client_id, ChallengeName=name, Session=session, ChallengeResponses=answers
            )
        return _outcome(answer)

    def refresh(self, refresh_token: str) -> SignedIn | Challenge:
        """Trade a refresh token for new tokens."""
        with refusals(unknown=UnauthenticatedError("the refresh token is no longer valid; log in again")):
            answer = self.client.initiate_auth(
                ClientId=self.client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _outcome(answer)

    def revoke(self, refresh_token: str) -> None:
        """End one session: its refresh token gives no more tokens. One that is not ours or has ended is ignored."""
        try:
            with refusals(unknown=UnauthenticatedError("the refresh token is no longer valid")):
                self.client.revoke_token(Token=refresh_token, ClientId=self.client_id)
        except (UnauthenticatedError, BadRequestError):
            return

    def check_password(self, email: str, password: str) -> None:
        """Check the password of somebody signed in, and begin no session; raises InvalidFieldsError for another."""
        try:
            outcome = self.sign_in(email, password)
        except UnauthenticatedError:
            raise _not_theirs("password") from None
        if isinstance(outcome, SignedIn) and outcome.refresh_token:
            self.revoke(outcome.refresh_token)

    def begin_codes(self, access_token: str) -> str:
        """Give a signed-in user a secret for one-time codes, which ends the one they had."""
        with refusals(unknown=UnauthenticatedError(_NO_LONGER)):
            return self.client.associate_software_token(AccessToken=access_token)["SecretCode"]

    def turn_on_codes(self, access_token: str, code: str) -> None:
        """Prove a signed-in user's secret by a one-time code, and ask for one from the next sign-in on."""
        with refusals(unknown=UnauthenticatedError(_NO_LONGER)):
            answer = self.client.verify_software_token(AccessToken=access_token, UserCode=code)
            if answer["Status"] != "SUCCESS":
                raise BadRequestError(WRONG_ONE_TIME_CODE)
            self._prefer_codes(access_token, wanted=True)

    def turn_off_codes(self, access_token: str) -> None:
        """Ask a signed-in user for one-time codes no more."""
        with refusals(unknown=UnauthenticatedError(_NO_LONGER)):
            self._prefer_codes(access_token, wanted=False)

    def _prefer_codes(self, access_token: str, *, wanted: bool) -> None:
        self.client.set_user_mfa_preference(
            AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": wanted, "PreferredMfa": wanted}
        )

    def sign_out(self, email: str) -> str:
        """End all sessions of whoever has an address; gives their subject."""
        self.client.admin_user_global_sign_out(UserPoolId=self.pool_id, Username=email)
        known = self.client.admin_get_user(UserPoolId=self.pool_id, Username=email)
        return next(one["Value"] for one in known["UserAttributes"] if one["Name"] == "sub")

    def sign_out_everywhere(self, access_token: str) -> None:
        """End all the user's sessions."""
        with refusals(unknown=UnauthenticatedError(_NO_LONGER)):
            self.client.global_sign_out(AccessToken=access_token)


Outcome = SignedIn | Challenge


def _not_theirs(field: str) -> InvalidFieldsError:
    """Say of a password that it is not the signed-in user's: they are known, so this is no failed sign-in."""
    message = "is not your password; ask for a code at /auth/forgot-password to set a new one"
    return InvalidFieldsError("the password is refused", details=[{"path": field, "message": message}])


def _outcome(answer: Any) -> Outcome:  # noqa: ANN401 (boto3 types each operation's answer differently)
    if "AuthenticationResult" not in answer:
        return Challenge(answer["ChallengeName"], answer["Session"])
    result = answer["AuthenticationResult"]
    return SignedIn(
        access_token=result["AccessToken"],
        id_token=result["IdToken"],
        refresh_token=result.get("RefreshToken"),
        expires_in_seconds=result["ExpiresIn"],
    )
