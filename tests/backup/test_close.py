"""What a job says it has failed for, to its tenant."""

import json

import pytest

from chalicelib.backup.close import Failure, error_of

ARN = "arn:aws:sts::111122223333:assumed-role/listbackup-main-SealStepRole/x is not authorized to perform: s3:PutObject"


def caused(error: str, message: str) -> Failure:
    """A failure as Lambda and Step Functions tell it."""
    trace = ['  File "/var/task/processors/seal.py", line 1']
    return Failure(error, json.dumps({"errorMessage": message, "errorType": error, "stackTrace": trace}))


def test_an_error_of_ours_says_what_was_met_without_its_trace() -> None:
    said = error_of(caused("ReauthorizeError", "the vendor does not accept the connection; authorize it again"))

    assert said == {
        "type": "ReauthorizeError",
        "message": "the vendor does not accept the connection; authorize it again",
    }


@pytest.mark.parametrize("error", ["ClientError", "PutError", "Lambda.AWSLambdaException", "Lambda.Unknown"])
@pytest.mark.parametrize("cause", [ARN, json.dumps({"errorMessage": ARN}), json.dumps([ARN])])
def test_s45_what_aws_says_of_us_is_told_in_our_words(error: str, cause: str) -> None:
    said = error_of(Failure(error, cause))

    assert said is not None
    assert said["type"] == error
    assert "arn:aws" not in said["message"]
    assert "give support the job's id" in said["message"]


@pytest.mark.parametrize(
    ("error", "words"), [("Runtime.ExitError", "for want of memory"), ("States.Timeout", "longer than it may")]
)
def test_what_ended_a_worker_from_outside_is_told_with_what_to_do(error: str, words: str) -> None:
    said = error_of(caused(error, "RequestId: 8d5c Error: Runtime exited with error: signal: killed"))

    assert said is not None
    assert words in said["message"]
    assert "sync again" in said["message"]
    assert "RequestId" not in said["message"]


def test_an_error_of_ours_whose_text_got_lost_still_says_what_to_do() -> None:
    said = error_of(Failure("FatalError", "cut off in the mid"))

    assert said is not None
    assert "sync again" in said["message"]


def test_what_did_not_fail_says_nothing() -> None:
    assert error_of(None) is None
