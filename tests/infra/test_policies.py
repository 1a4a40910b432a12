"""Each function may do its own task and nothing else."""

from collections import Counter
from typing import Any

import pytest

from chalicelib.connectors import CONNECTORS
from infra.grants import STEPS, policy_files, processor
from tests.infra.conftest import Resources, listed, of_type, statements
from tests.infra.iam import arn, may, secret, stored, text, who_may

NO_RESOURCE_CAN_BE_NAMED = {
    "xray:PutTraceSegments": "traces belong to no resource",
    "xray:PutTelemetryRecords": "traces belong to no resource",
    "xray:GetSamplingRules": "sampling is the account's",
    "xray:GetSamplingTargets": "sampling is the account's",
    "dynamodb:ListStreams": "Lambda asks for it when it starts to read a stream; it takes no resource",
    "logs:CreateLogDelivery": "Step Functions' log deliveries take no resource",
    "logs:GetLogDelivery": "Step Functions' log deliveries take no resource",
    "logs:UpdateLogDelivery": "Step Functions' log deliveries take no resource",
    "logs:DeleteLogDelivery": "Step Functions' log deliveries take no resource",
    "logs:ListLogDeliveries": "Step Functions' log deliveries take no resource",
    "logs:PutResourcePolicy": "Step Functions' log deliveries take no resource",
    "logs:DescribeResourcePolicies": "Step Functions' log deliveries take no resource",
    "logs:DescribeLogGroups": "Step Functions' log deliveries take no resource",
}
WHY_NOT_ONE = {
    "dynamodb:*:table/listbackup-main/index/*": "all indexes of the one table",
    "s3:::listbackup-data-main/accounts/*": "a role serves all tenants: docs/decisions/0406",
    "s3:::listbackup-temp-main/jobs/*": "as above",
    "secretsmanager:*:secret:sources/*": "as above",
    "secretsmanager:*:secret:app/oauth/*": "the API, Authorize and Plan serve all platforms",
    "secretsmanager:*:secret:app/oauth/*-??????": "as above",
    "secretsmanager:*:secret:listbackup/main/signing-key-??????": "Secrets Manager ends every name so",
    "states:*:execution:listbackup-main-backup:*": "an execution for each job",
    "states:*:execution:listbackup-main-backup/*": "an execution for each lane of a job",
    "lambda:*:function:listbackup-main-processor-*": "the machine calls the platform's processor by its name",
    "logs:*:log-group:/aws/lambda/listbackup-main-*": "each function's own log, written by itself",
} | {
    f"secretsmanager:*:secret:app/oauth/{platform}-??????": "Secrets Manager ends every name so"
    for platform in CONNECTORS
}
PROCESSORS = {f"{platform.title().replace('_', '')}Processor" for platform in CONNECTORS}
KEEPERS_OF_TOKENS = {"ApiHandler", "AuthorizeStep", "PlanStep", *PROCESSORS}
TABLE = arn("dynamodb", "table/listbackup-main")
NOT_BY_KEY = [
    "dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:PartiQLUpdate", "dynamodb:ExportTableToPointInTime",
    "dynamodb:RestoreTableToPointInTime", "dynamodb:CreateBackup", "dynamodb:DeleteTable", "dynamodb:UpdateTable",
]  # fmt: skip
SOMEBODY_ELSES_SECRETS = [
    "listbackup/production/signing-key", "app/database", "app/oauth", "sources-of-others/acc_1", "prod/stripe",
    "sources",
]  # fmt: skip
SOMEBODY_ELSES_OBJECTS = [
    ("listbackup-data-production", "accounts/acc_1/x"), ("listbackup-data-main-2", "accounts/acc_1/x"),
    ("listbackup-data-main", "x"), ("listbackup-data-main", "accounts"), ("listbackup-temp-main", "accounts/acc_1/x"),
    ("listbackup-backups-main", "accounts/acc_1/x"), ("listbackup-artifacts-main", "x"), ("cloudtrail", "x"),
]  # fmt: skip
POWERS = [
    "iam:PassRole", "iam:PutRolePolicy", "sts:AssumeRole", "lambda:UpdateFunctionCode", "lambda:InvokeFunction",
    "states:UpdateStateMachine", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant", "s3:PutBucketPolicy",
    "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:BypassGovernanceRetention", "secretsmanager:ListSecrets",
    "secretsmanager:PutResourcePolicy", "cognito-idp:AdminSetUserPassword", "logs:DeleteLogGroup",
]  # fmt: skip
OVER_USERS = [
    "AdminCreateUser", "AdminSetUserPassword", "AdminResetUserPassword", "AdminConfirmSignUp", "AdminInitiateAuth",
    "AdminUpdateUserAttributes", "AdminSetUserMFAPreference", "ListUsers", "UpdateUserPoolClient", "DeleteUserPool",
]  # fmt: skip
CLOSED = {"dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:DeleteTable", "s3:DeleteBucket", "s3:PutBucketPolicy"}


def allowed(resources: Resources) -> list[tuple[str, dict[str, Any]]]:
    return [(name, s) for name, s in statements(resources) if s["Effect"] == "Allow"]


def test_no_role_allows_a_family_of_actions(app: Resources) -> None:
    broad = {(name, action) for name, s in allowed(app) for action in listed(s["Action"]) if "*" in action}

    assert broad == set()


def test_every_action_on_everything_has_a_reason(app: Resources) -> None:
    everywhere = {action for _, s in allowed(app) if s.get("Resource") == "*" for action in listed(s["Action"])}

    assert everywhere <= NO_RESOURCE_CAN_BE_NAMED.keys()


def test_only_a_key_may_be_opened_to_its_whole_account(core: Resources) -> None:
    broad = {
        name
        for name, s in allowed(core)
        if any(action.endswith(":*") for action in listed(s["Action"])) and s.get("Resource") == "*"
    }

    assert broad == {"DataKey", "TokensKey", "ManifestKey"}


def test_every_pattern_of_resources_has_a_reason(app: Resources) -> None:
    patterns = {
        text(one).removeprefix("arn:aws:").replace(":eu-central-1:111122223333:", ":*:")
        for _, s in allowed(app)
        for one in listed(s.get("Resource", []))
        if text(one) != "*" and any(wild in text(one) for wild in "*?")
    }

    assert patterns <= WHY_NOT_ONE.keys()


@pytest.mark.parametrize("action", NOT_BY_KEY)
def test_s19_no_role_reads_the_table_but_by_key(app: Resources, action: str) -> None:
    assert [who_may(app, action, one) for one in (TABLE, f"{TABLE}/index/index1", "*")] == [set(), set(), set()]


@pytest.mark.parametrize("action", ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:Scan"])
def test_s19_no_role_reads_or_writes_any_other_table(app: Resources, action: str) -> None:
    others = [
        "listbackup-production",
        "listbackup-main-restored",
        "listbackup-mai",
        "users",
        "listbackup-main/stream/x",
    ]

    assert [who_may(app, action, arn("dynamodb", f"table/{other}")) for other in others] == [set()] * len(others)


def test_s20_tokens_are_read_only_where_a_vendor_is_asked(app: Resources) -> None:
    tokens = secret("sources/acc_1/con_1/oauth")

    assert who_may(app, "secretsmanager:GetSecretValue", tokens) == KEEPERS_OF_TOKENS
    assert who_may(app, "secretsmanager:PutSecretValue", tokens) == KEEPERS_OF_TOKENS
    assert who_may(app, "secretsmanager:CreateSecret", tokens) == {"ApiHandler"}
    assert who_may(app, "secretsmanager:DeleteSecret", tokens) == {"ApiHandler"}


@pytest.mark.parametrize("platform", CONNECTORS)
def test_s20_a_platforms_client_secret_is_no_business_of_another_platforms_processor(
    app: Resources, platform: str
) -> None:
    own = f"{platform.title().replace('_', '')}Processor"

    readers = who_may(app, "secretsmanager:GetSecretValue", secret(f"app/oauth/{platform}"))

    assert readers == {"ApiHandler", "AuthorizeStep", "PlanStep", own}
    assert who_may(app, "secretsmanager:PutSecretValue", secret(f"app/oauth/{platform}")) == set()


def test_s20_only_the_api_signs(app: Resources) -> None:
    assert who_may(app, "secretsmanager:GetSecretValue", secret("listbackup/main/signing-key")) == {"ApiHandler"}


def test_s20_only_the_api_forgets_a_user_of_the_pool_and_nobody_makes_or_changes_one(app: Resources) -> None:
    pool = "listbackup-core-main-UserPoolArn"

    assert who_may(app, "cognito-idp:AdminDeleteUser", pool) == {"ApiHandler"}
    assert [who_may(app, f"cognito-idp:{action}", pool) for action in OVER_USERS] == [set()] * len(OVER_USERS)


@pytest.mark.parametrize("name", SOMEBODY_ELSES_SECRETS)
def test_s20_no_role_reads_a_secret_that_is_somebody_elses(app: Resources, name: str) -> None:
    assert who_may(app, "secretsmanager:GetSecretValue", secret(name)) == set()


@pytest.mark.parametrize(("bucket", "key"), SOMEBODY_ELSES_OBJECTS)
@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_s20_no_role_touches_an_object_that_is_somebody_elses(
    app: Resources, action: str, bucket: str, key: str
) -> None:
    assert who_may(app, action, stored(bucket, key)) == set()


def test_s20_the_archive_is_written_by_those_who_back_up_and_deleted_from_by_nobody(app: Resources) -> None:
    record = stored("listbackup-data-main", "accounts/acc_1/sources/src_1/x")

    assert who_may(app, "s3:PutObject", record) == {"SealStep", *PROCESSORS}
    assert who_may(app, "s3:DeleteObject", record) == set()
    assert who_may(app, "s3:GetObject", record) >= {"ApiHandler", "VerifyStep", "SealStep", *PROCESSORS}
    assert who_may(app, "s3:GetObject", record) & {"Route", "StartSync", "StartBackup", "Sweep", "SyncDue"} == set()


def test_s20_a_key_is_used_by_those_alone_who_read_what_it_locks(app: Resources) -> None:
    of_tokens, of_data = "listbackup-core-main-TokensKeyArn", "listbackup-core-main-DataKeyArn"
    record = stored("listbackup-data-main", "accounts/acc_1/x")

    assert who_may(app, "kms:Decrypt", of_tokens) == KEEPERS_OF_TOKENS
    assert who_may(app, "kms:Decrypt", of_data) == who_may(app, "s3:GetObject", record)


@pytest.mark.parametrize("action", POWERS)
def test_s20_no_role_can_get_itself_more_than_it_has(app: Resources, action: str) -> None:
    resources = ["*", stored("listbackup-data-main", "accounts/acc_1/x"), secret("sources/acc_1/con_1/oauth"), TABLE]

    assert [who_may(app, action, one) for one in resources] == [set()] * len(resources)


def test_the_simulation_finds_what_is_allowed(app: Resources) -> None:
    assert may(app, "ApiHandlerRole", "dynamodb:Query", f"{TABLE}/index/index1")
    assert may(app, "SealStepRole", "S3:putobject", stored("listbackup-data-main", "accounts/a/b"))
    assert may(app, "VerifyStepRole", "xray:PutTraceSegments", "*")


def test_nobody_scans_the_table_or_drops_anything(app: Resources) -> None:
    actions = {action for _, s in allowed(app) for action in listed(s["Action"])}

    assert actions & CLOSED == set()


def test_every_function_has_a_role_of_its_own(app: Resources) -> None:
    roles = Counter(str(function["Role"]) for _, function in of_type(app, "AWS::Serverless::Function"))

    assert set(roles.values()) == {1}


def test_a_role_is_assumed_by_its_service_alone(app: Resources) -> None:
    for name, role in of_type(app, "AWS::IAM::Role"):
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] in (
            {"Service": "lambda.amazonaws.com"},
            {"Service": "states.amazonaws.com"},
        ), name


def test_the_archive_is_never_deleted_from_by_a_backup(app: Resources) -> None:
    deleting = {
        name
        for name, s in allowed(app)
        if "s3:DeleteObject" in listed(s["Action"]) and "listbackup-data-" in str(s["Resource"])
    }

    assert deleting == set()


def test_a_processor_sees_the_client_credentials_of_its_own_platform_alone() -> None:
    for platform in CONNECTORS:
        (clients,) = [s for s in processor(platform) if s["Sid"] == "Clients"]

        names = [resource["Fn::Sub"].rpartition(":secret:")[2] for resource in clients["Resource"]]
        assert names == [f"app/oauth/{platform}", f"app/oauth/{platform}-??????"], "the bare name is a missing secret's"


def test_f47_whoever_asks_a_vendor_may_tell_what_it_announces() -> None:
    for grants in (STEPS["plan"], *map(processor, CONNECTORS)):
        assert "Events" in {statement["Sid"] for statement in grants}


def test_secrets_and_objects_are_opened_through_their_service_alone(app: Resources) -> None:
    for name, statement in allowed(app):
        if {"kms:Decrypt", "kms:GenerateDataKey"} & set(listed(statement["Action"])):
            assert list(statement["Condition"]["StringEquals"]) == ["kms:ViaService"], name


def test_only_seal_signs_manifests_and_only_with_their_key(app: Resources) -> None:
    signing = {
        name: statement["Resource"]
        for name, statement in allowed(app)
        if "kms:GenerateMac" in listed(statement["Action"])
    }
    checking = {name for name, statement in allowed(app) if "kms:VerifyMac" in listed(statement["Action"])}

    assert signing == {"SealStepRole": {"Fn::ImportValue": {"Fn::Sub": "listbackup-core-${Stage}-ManifestKeyArn"}}}
    assert checking == {"PlanStepRole", "SealStepRole", "VerifyStepRole"}


def test_chalice_reads_the_grants_as_they_are() -> None:
    stale = [path.name for path, text in policy_files().items() if not path.exists() or path.read_text() != text]

    assert stale == [], "run `make policies`"
