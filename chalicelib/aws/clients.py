"""boto3's clients, each made once, at its first use: importing this asks nothing of AWS.

Where AWS is comes from the environment (`AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL`), as boto3 reads it.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

    from chalicelib.aws.events import EventsClient

PATIENCE = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,
)


@lru_cache(maxsize=1)
def cognito() -> "CognitoIdentityProviderClient":
    client: CognitoIdentityProviderClient = boto3.client("cognito-idp", config=PATIENCE)
    return client


@lru_cache(maxsize=1)
def events() -> "EventsClient":
    return cast("EventsClient", boto3.client("events", config=PATIENCE))


@lru_cache(maxsize=1)
def kms() -> "KMSClient":
    client: KMSClient = boto3.client("kms", config=PATIENCE)
    return client


@lru_cache(maxsize=1)
def s3() -> "S3Client":
    # In the oldest regions boto3 signs links by version 2, which S3 refuses for what a KMS key encrypts.
    client: S3Client = boto3.client("s3", config=PATIENCE.merge(Config(signature_version="s3v4")))
    return client


@lru_cache(maxsize=1)
def secrets_manager() -> "SecretsManagerClient":
    client: SecretsManagerClient = boto3.client("secretsmanager", config=PATIENCE)
    return client


@lru_cache(maxsize=1)
def sqs() -> "SQSClient":
    client: SQSClient = boto3.client("sqs", config=PATIENCE)
    return client


@lru_cache(maxsize=1)
def step_functions() -> "SFNClient":
    client: SFNClient = boto3.client("stepfunctions", config=PATIENCE)
    return client
