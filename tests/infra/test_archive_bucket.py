"""What is in the archive is written once, whoever's role it is, and never deleted by one (docs/decisions/0104)."""

from pathlib import Path

import pytest

from infra.local.copy import localized
from tests.infra.conftest import Resources, expanded, of_type, statements
from tests.infra.iam import denied, stored, who_may

MANIFEST = "accounts/acc_1/sources/src_1/2026-01-31/snp_1/metadata.json"
BLOB = "accounts/acc_1/blobs/ab/ab12"
ONCE, OVER = {"s3:if-none-match": "*"}, {"s3:if-match": '"etag"'}
FUNCTION = "arn:aws:iam::111122223333:role/listbackup-app-main-SealStepRole-1ABC2DEF"
PERSON = "arn:aws:iam::111122223333:role/operator"
GUARDS = {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}
CREATES, PREPARES = {"s3:ObjectCreationOperation": "true"}, {"s3:ObjectCreationOperation": "false"}


def refused(core: Resources, action: str, key: str, *given: dict[str, str], who: str = FUNCTION) -> bool:
    context = {"aws:SecureTransport": "true", "aws:PrincipalArn": who}
    for one in given:
        context |= one
    return denied(core, "DataBucketPolicy", f"s3:{action}", stored("listbackup-data-main", key), context)


@pytest.mark.parametrize("key", [MANIFEST, BLOB, "accounts/acc_1/x"])
def test_nothing_is_written_without_a_look_at_what_is_there(core: Resources, key: str) -> None:
    assert refused(core, "PutObject", key, CREATES)
    assert not refused(core, "PutObject", key, CREATES, ONCE)


def test_only_what_is_named_by_its_content_is_written_over(core: Resources) -> None:
    assert refused(core, "PutObject", MANIFEST, CREATES, OVER)
    assert refused(core, "PutObject", "accounts/a/sources/s/blobs/x", CREATES, OVER)
    assert not refused(core, "PutObject", BLOB, CREATES, OVER)


def test_an_upload_in_parts_is_looked_at_when_it_is_completed(core: Resources) -> None:
    assert not refused(core, "PutObject", MANIFEST, PREPARES)
    assert refused(core, "PutObject", MANIFEST, CREATES)
    assert not refused(core, "PutObject", MANIFEST, CREATES, ONCE)


@pytest.mark.parametrize("action", ["DeleteObject", "DeleteObjectVersion"])
def test_no_function_deletes_and_nothing_lets_it(core: Resources, app: Resources, action: str) -> None:
    assert [refused(core, action, key) for key in (MANIFEST, BLOB, "x")] == [True] * 3
    for bucket, key in (("data", BLOB), ("temp", "jobs/acc_1/job_1/plan"), ("backups", BLOB), ("artifacts", "x")):
        assert who_may(app, f"s3:{action}", stored(f"listbackup-{bucket}-main", key)) == set()


def test_people_can_restore_a_version(core: Resources) -> None:
    assert not refused(core, "PutObject", MANIFEST, CREATES, who=PERSON)
    assert not refused(core, "DeleteObject", MANIFEST, who=PERSON)


def test_the_policy_is_about_every_function_since_the_stack_names_their_roles(app: Resources) -> None:
    assert [name for name, role in of_type(app, "AWS::IAM::Role") if "RoleName" in role] == []


def test_the_local_copy_leaves_out_what_its_engine_would_refuse_everything_by_and_no_more(
    built: Path, tmp_path: Path
) -> None:
    copy = localized(built, tmp_path)
    core, app = expanded(copy / "core.json"), expanded(copy / "app.json")

    policies = [s["Sid"] for name, s in statements(core) if core[name]["Type"] in GUARDS]
    limited = [s for _, s in statements(app) if s.get("Sid") in {"Read", "Write", "Delete", "Find"}]

    assert policies == ["WrittenOnce", "WrittenOverKnowingly", "NeverDeleted"]
    assert limited
    assert {tuple(s["Condition"]) for s in limited} == {("ForAllValues:StringLike",)}
