"""How a step runs as a Lambda: what it is told, and what leaves it when it fails."""

import sqlite3
import traceback
from contextlib import closing
from errno import ENOSPC
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from pynamodb.exceptions import PutError

from chalicelib.backup.run import Run
from chalicelib.errors import FatalError, FaultError, ReauthorizeError, RetryableError
from processors import runtime
from tests.backup.lambdas import Context

EVENT = {
    "account_id": "acc_1",
    "job_id": "job_1",
    "source_id": "src_1",
    "connection_id": "con_1",
    "snapshot_id": "snp_1",
    "platform": "stripe",
}
THROTTLED = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow"}}, "PutItem")
BROKEN = ClientError({"Error": {"Code": "Odd"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "GetObject")
ARN = "arn:aws:sts::111122223333:assumed-role/listbackup-main-SealStepRole/x"
REFUSED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": f"User: {ARN}"}}, "GetSecretValue")


def failing_with(error: Exception) -> Any:
    def work(_run: Run, _means: Any, _deadline: Any) -> None:
        raise error

    return runtime.step(work)


@pytest.mark.parametrize(
    "error", [THROTTLED, BROKEN, PutError(cause=THROTTLED), EndpointConnectionError(endpoint_url="x")]
)
def test_f13_f18_aws_being_busy_is_something_to_try_again(aws: None, error: Exception) -> None:
    with pytest.raises(RetryableError):
        failing_with(error)(EVENT, Context("step"))


@pytest.mark.parametrize("error", [REFUSED, PutError(f"Failed to put item: {REFUSED}", cause=REFUSED)])
def test_f53_s45_being_refused_by_aws_is_not_and_its_words_are_in_the_log_alone(
    aws: None, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    with pytest.raises(FaultError, match=r"AWS refused the step something \(AccessDeniedException\)") as left:
        failing_with(error)(EVENT, Context("step"))

    assert ARN not in "".join(traceback.format_exception(left.value))
    assert ARN in str([vars(record) for record in caplog.records])


def test_what_a_fault_of_ours_says_leaves_neither_by_its_error_nor_by_the_log(
    aws: None, caplog: pytest.LogCaptureFixture
) -> None:
    contents = "ann@example.com"
    try:
        failing_with(KeyError(contents))(EVENT, Context("step"))
    except FaultError as left:
        said = "".join(traceback.format_exception(left))
    logged = str([vars(record) for record in caplog.records])

    assert "KeyError" in said
    assert "KeyError" in logged
    assert "in work" in logged
    assert contents not in said + logged


def full_database() -> sqlite3.Error:
    """SQLite's own error on a database that may not grow."""
    with pytest.raises(sqlite3.Error) as full, closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript("PRAGMA max_page_count = 1; CREATE TABLE t (x)")
    return full.value


@pytest.mark.parametrize("full", [OSError(ENOSPC, "No space left on device"), full_database()])
def test_a_disk_that_is_full_is_told_and_not_tried_again(aws: None, full: Exception) -> None:
    with pytest.raises(FatalError, match="the disk of this step's Lambda is full"):
        failing_with(full)(EVENT, Context("step"))


def test_an_error_of_ours_leaves_under_its_own_name(aws: None) -> None:
    with pytest.raises(ReauthorizeError):
        failing_with(ReauthorizeError("the owner"))(EVENT, Context("step"))


@pytest.mark.parametrize("wrong", [{"job_id": None}, {"job_id": 7}, {"account_id": ["acc_1"]}])
def test_an_event_that_is_not_a_runs_is_refused_by_name(aws: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(FatalError, match="event it does not understand"):
        failing_with(AssertionError())(EVENT | wrong, Context("step"))


def test_a_platforms_lambda_has_no_other_steps(aws: None) -> None:
    from processors.stripe import handler

    with pytest.raises(FatalError, match="no step 'Restore'"):
        handler(EVENT | {"step": "Restore"}, Context("stripe"))


def test_a_deadline_is_near_when_little_is_left(aws: None) -> None:
    seen: list[bool] = []

    def work(_run: Run, _means: Any, deadline: Any) -> None:
        seen.extend([deadline.near(30), deadline.near(20)])

    runtime.step(work)(EVENT, Context("step", seconds=25))

    assert seen == [True, False]
