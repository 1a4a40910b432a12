"""Codes made by KMS, and what is said when the key cannot be used."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.macs import KmsMacs
from chalicelib.errors import FatalError


@pytest.fixture
def macs() -> Iterator[KmsMacs]:
    with mock_aws():
        client = boto3.client("kms")
        key = client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
        yield KmsMacs(lambda: client, key)


def test_a_code_holds_for_its_message_alone(macs: KmsMacs) -> None:
    mac = macs.make(b"a message")

    assert len(mac) == 32
    assert macs.holds(b"a message", mac)
    assert not macs.holds(b"another message", mac)
    assert not macs.holds(b"a message", mac[:-1] + bytes([mac[-1] ^ 1]))


def test_f53_s45_a_key_that_cannot_be_used_is_no_wrong_code_and_is_named_in_the_log_alone(
    macs: KmsMacs, caplog: pytest.LogCaptureFixture
) -> None:
    encrypting = macs.client().create_key()["KeyMetadata"]["Arn"]
    useless = KmsMacs(macs.client, encrypting)

    with pytest.raises(FatalError, match="cannot be used") as told:
        useless.make(b"a message")
    with pytest.raises(FatalError, match="cannot be used"):
        useless.holds(b"a message", bytes(32))
    assert encrypting not in str(told.value)
    assert encrypting in str([vars(record) for record in caplog.records])
