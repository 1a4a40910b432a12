"""The user pool (Cognito): who can sign in, and the keys its tokens are signed with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from botocore.exceptions import ClientError

from chalicelib.errors import (
    BadRequestError,
    CallerError,
    ConflictError,
    ForbiddenError,
    InvalidFieldsError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.literals import ChallengeNameTypeType
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

_WRONG_CODE = "the code is wrong or has expired; ask for a new one"
_WRONG_LOGIN = "the e-mail address or the password is wrong"
_SLOW_DOWN = "too many attempts; wait before the next one"
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
            with _refusals():
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
            with _refusals(unknown=NotFoundError("nobody has registered the address")):
                known = self.client.admin_get_user(UserPoolId=self.pool_id, Username=email)
                if known["UserStatus"] != "UNCONFIRMED":
                    return False
                self.client.admin_delete_user(UserPoolId=self.pool_id, Username=known["Username"])
        except NotFoundError:
            return False
        return True

    def confirm(self, email: str, code: str) -> None:
        """Prove an address with the code sent to it; an unknown address fails as a wrong code does."""
        with _refusals(unknown=BadRequestError(_WRONG_CODE)):
            self.client.confirm_sign_up(ClientId=self.client_id, Username=email, ConfirmationCode=code)

    def resend_code(self, email: str) -> None:
        """Send the code again; nothing tells whether there was anyone to send it to."""
        try:
            with _refusals(unknown=BadRequestError(_WRONG_CODE)):
                self.client.resend_confirmation_code(ClientId=self.client_id, Username=email)
        except BadRequestError:
            return

    def sign_in(self, email: str, password: str) -> SignedIn | Challenge:
        """Check a password; an unknown address fails as a wrong password does."""
        with _refusals(unknown=UnauthenticatedError(_WRONG_LOGIN)):
            answer = self.client.initiate_auth(
                ClientId=self.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        return _outcome(answer)

    def answer_challenge(self, name: "ChallengeNameTypeType", session: str, answers: Mapping[str, str]) -> "Outcome":
        """Go on with a sign-in; `answers` are named as Cognito names them."""
        with _refusals(unknown=UnauthenticatedError("the sign-in has ended; log in again")):
            answer = self.client.respond_to_auth_challenge(
                ClientId=self.client_id, ChallengeName=name, Session=session, ChallengeResponses=answers
            )
        return _outcome(answer)

    def refresh(self, refresh_token: str) -> SignedIn | Challenge:
        """Trade a refresh token for new tokens."""
        with _refusals(unknown=UnauthenticatedError("the refresh token is no longer valid; log in again")):
            answer = self.client.initiate_auth(
                ClientId=self.client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        return _outcome(answer)

    def revoke(self, refresh_token: str) -> None:
        """End one session: its refresh token gives no more tokens. One that is not ours or has ended is ignored."""
        try:
            with _refusals(unknown=UnauthenticatedError("the refresh token is no longer valid")):
                self.client.revoke_token(Token=refresh_token, ClientId=self.client_id)
        except (UnauthenticatedError, BadRequestError):
            return

    def sign_out_everywhere(self, access_token: str) -> None:
        """End all the user's sessions."""
        with _refusals(unknown=UnauthenticatedError("the token is no longer valid; log in again")):
            self.client.global_sign_out(AccessToken=access_token)


Outcome = SignedIn | Challenge


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


@contextmanager
def _refusals(unknown: CallerError | None = None) -> Iterator[None]:
    """Turn Cognito's refusals into ours; `unknown` is what a caller learns who may not know whether a user exists."""
    try:
        yield
    except ClientError as refused:
        raise _named(refused, unknown) from None


def _named(refused: ClientError, unknown: CallerError | None) -> CallerError | ClientError:
    match refused.response["Error"]["Code"]:
        case "UsernameExistsException":
            return ConflictError("the address is known")
        case "UserNotConfirmedException":
            return ForbiddenError("the e-mail address is not confirmed; send the code to /auth/confirm first")
        case "InvalidPasswordException":
            reason = refused.response["Error"].get("Message", "the password is too weak")
            return InvalidFieldsError("the password is refused", details=[{"path": "password", "message": reason}])
        case "CodeMismatchException" | "ExpiredCodeException":
            return BadRequestError(_WRONG_CODE)
        case "TooManyRequestsException" | "LimitExceededException" | "TooManyFailedAttemptsException":
            return TooManyRequestsError(_SLOW_DOWN, retry_after_seconds=300)
        case "NotAuthorizedException" if "exceeded" in refused.response["Error"].get("Message", ""):
            return TooManyRequestsError(_SLOW_DOWN, retry_after_seconds=900)
        case "InvalidParameterException" if unknown is None:
            return InvalidFieldsError("the address or the password cannot be used; choose another")
        case _ if refused.response["Error"]["Code"] in _TELLING and unknown is not None:
            return unknown
        case _:
            return refused


_TELLING = {
    "NotAuthorizedException",
    "UserNotFoundException",
    "ResourceNotFoundException",
    "InvalidParameterException",
    "PasswordResetRequiredException",
    "UnsupportedTokenTypeException",
    "AliasExistsException",
}
