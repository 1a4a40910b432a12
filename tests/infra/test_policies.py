"""Each function may do its own task and nothing else."""

from collections import Counter
from typing import Any

from chalicelib.connectors import CONNECTORS
from infra.grants import STEPS, policy_files, processor
from tests.infra.conftest import Resources, listed, of_type, statements

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

        assert clients["Resource"]["Fn::Sub"].endswith(f":secret:app/oauth/{platform}-??????")


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
