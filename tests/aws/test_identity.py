"""What the user pool refuses, in our terms."""

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.aws.identity import Identity
from chalicelib.errors import TooManyRequestsError

SLOW = [
    ("TooManyRequestsException", "Too many requests", 300),
    ("LimitExceededException", "Attempt limit exceeded, please try after some time.", 300),
    ("TooManyFailedAttemptsException", "Attempt limit exceeded, please try after some time.", 300),
    ("NotAuthorizedException", "Password attempts exceeded", 900),
]


@pytest.mark.parametrize(("code", "message", "seconds"), SLOW)
def test_s26_the_pools_own_limits_ask_the_caller_to_wait(code: str, message: str, seconds: int) -> None:
    client = boto3.client("cognito-idp")
    identity = Identity(client, "us-east-1_test", "client")

    pool = Stubber(client)
    pool.add_client_error("initiate_auth", code, message)

    with pool, pytest.raises(TooManyRequestsError) as refused:
        identity.sign_in("ada@example.com", "Wrong-horse-7-battery")

    assert refused.value.retry_after_seconds == seconds
    assert message not in str(refused.value)
