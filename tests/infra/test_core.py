"""What must survive is described so that it does, and so that nobody else reads it."""

from datetime import timedelta

import pytest

from chalicelib.services.auth import SESSIONS_LAST
from tests.infra.conftest import Resources, listed, of_type

RECEIVES = {"Alerts": 3, "Sync": 3, "Backup": 5, "Export": 5, "Analytics": 10, "Maintenance": 10}
KEPT = {
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}


def test_everything_with_data_is_kept_when_the_stack_goes(core: Resources) -> None:
    holding = {name: resource for name, resource in core.items() if resource["Type"] in KEPT}

    fates = {(resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) for resource in holding.values()}

    assert len(holding) == 25
    assert fates == {("RetainExceptOnCreate", "Retain")}


def test_buckets_are_private_versioned_and_encrypted_with_our_key(core: Resources) -> None:
    buckets = dict(of_type(core, "AWS::S3::Bucket"))

    assert set(buckets) == {"DataBucket", "BackupBucket", "TempBucket", "ArtifactsBucket"}
    for bucket in buckets.values():
        (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption["BucketKeyEnabled"]
        assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert any("AbortIncompleteMultipartUpload" in rule for rule in bucket["LifecycleConfiguration"]["Rules"])


def test_nothing_in_the_archive_expires_by_itself(core: Resources) -> None:
    for name in ("DataBucket", "BackupBucket"):
        rules = core[name]["Properties"]["LifecycleConfiguration"]["Rules"]

        assert not any("ExpirationInDays" in rule or "ExpirationDate" in rule for rule in rules)


def test_buckets_and_queues_refuse_to_talk_without_tls(core: Resources) -> None:
    guarded = {str(policy["Bucket"]["Ref"]) for _, policy in of_type(core, "AWS::S3::BucketPolicy")}
    for _, policy in of_type(core, "AWS::SQS::QueuePolicy"):
        guarded |= {queue["Ref"] for queue in policy["Queues"]}

    assert guarded == {name for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue") for name, _ in of_type(core, kind)}
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        for _, policy in of_type(core, kind):
            (statement,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Sid"] == "TlsOnly"]
            assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(("queue", "receives"), RECEIVES.items())
def test_each_queue_is_fifo_and_puts_aside_what_fails_too_often(core: Resources, queue: str, receives: int) -> None:
    properties = core[f"{queue}Queue"]["Properties"]
    put_aside = core[f"{queue}DeadLetters"]["Properties"]

    assert properties["FifoQueue"]
    assert put_aside["FifoQueue"]
    assert properties["ContentBasedDeduplication"] is False
    assert properties["RedrivePolicy"]["maxReceiveCount"] == receives
    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{queue}DeadLetters", "Arn"]}
    assert put_aside["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert properties["SqsManagedSseEnabled"]
    assert put_aside["SqsManagedSseEnabled"]


def test_a_consumer_has_ended_long_before_its_message_is_seen_again(core: Resources, app: Resources) -> None:
    for queue, consumer in {"Sync": "StartSync", "Backup": "StartBackup"}.items():
        timeout = app[consumer]["Properties"]["Timeout"]

        assert core[f"{queue}Queue"]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_a_message_nobody_can_process_holds_up_its_group_for_less_than_a_sync_may_wait(core: Resources) -> None:
    queue = core["SyncQueue"]["Properties"]

    assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] < 5 * 60


def test_the_table_can_be_restored_to_any_second_and_streams_its_changes(core: Resources) -> None:
    table = core["Table"]["Properties"]

    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["index1", "index2", "index3"]


def test_the_user_pool_tells_nobody_who_has_an_account(core: Resources) -> None:
    client, pool = core["UserPoolClient"]["Properties"], core["UserPool"]["Properties"]

    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"]
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


def test_s7_an_ended_session_is_remembered_for_as_long_as_its_tokens_could_last(core: Resources) -> None:
    client = core["UserPoolClient"]["Properties"]

    assert client["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"}
    lasting = timedelta(days=client["RefreshTokenValidity"], minutes=client["AccessTokenValidity"])
    assert lasting == SESSIONS_LAST


def test_users_can_write_no_attribute_that_decides_anything_s28(core: Resources) -> None:
    client, pool = core["UserPoolClient"]["Properties"], core["UserPool"]["Properties"]

    assert client["WriteAttributes"] == ["email"]
    assert [attribute["Name"] for attribute in pool["Schema"]] == ["email"]


def test_keys_that_encrypt_are_rotated_and_those_of_tokens_open_through_secrets_manager_alone(core: Resources) -> None:
    rotated = {name for name, key in of_type(core, "AWS::KMS::Key") if key.get("EnableKeyRotation")}
    assert rotated == {"DataKey", "TokensKey"}

    (deny,) = [s for s in core["TokensKey"]["Properties"]["KeyPolicy"]["Statement"] if s["Effect"] == "Deny"]

    assert set(listed(deny["Action"])) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert list(deny["Condition"]["StringNotEquals"]) == ["kms:ViaService"]


def test_manifests_are_signed_with_a_key_that_can_do_nothing_else(core: Resources) -> None:
    key = core["ManifestKey"]["Properties"]

    assert (key["KeySpec"], key["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")
