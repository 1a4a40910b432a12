"""What every test may lean on: a deployment's names, and AWS as moto plays it."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from moto import mock_aws

NAMES = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "STAGE": "test",
    "TABLE": "listbackup-test",
    "DATA_BUCKET": "listbackup-data-test",
    "TEMP_BUCKET": "listbackup-temp-test",
    "BACKUP_BUCKET": "listbackup-backups-test",
    "USER_POOL_ID": "us-east-1_test",
    "USER_POOL_CLIENT_ID": "client",
    "EVENT_BUS": "listbackup-test",
    "QUEUE_PREFIX": "listbackup-test",
    "SIGNING_KEY_SECRET": "listbackup/test/system/signing-key",
    "TOKENS_KEY_ID": "alias/aws/secretsmanager",
    "MANIFEST_KEY_ID": "alias/listbackup-test-manifests",
    "OAUTH_REDIRECT_BASE": "https://api.test",
    "APP_ORIGINS": "https://app.test",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:listbackup-test-backup",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "listbackup",
    "POWERTOOLS_METRICS_NAMESPACE": "ListBackup",
}
os.environ.update(NAMES)

# The machines that run this are shared and noisy: how long an example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture
def aws() -> Iterator[None]:
    """AWS, empty."""
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> None:
    """The single table, empty."""
    from chalicelib.store.table import Item

    Item.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
