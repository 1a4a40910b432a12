"""What a step writes into its log as metrics: sums by platform, and nothing of anybody's."""

import json
from typing import Any

import pytest

from chalicelib.errors import FaultError
from chalicelib.telemetry import count, metrics, send_counts
from processors import runtime
from tests.backup.lambdas import Context, call
from tests.backup.world import World
from tests.processors.test_runtime import EVENT

Emf = dict[str, Any]


@pytest.fixture(autouse=True)
def metrics_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let metrics be written, and begin with none: as in a Lambda that has just started."""
    send_counts("earlier")
    metrics.clear_metrics()
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")


def written(capsys: pytest.CaptureFixture[str]) -> list[Emf]:
    """Give the metrics in what was printed."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return [line for line in lines if "_aws" in line]


def values(emf: Emf) -> dict[str, float]:
    (told,) = emf["_aws"]["CloudWatchMetrics"]
    return {metric["Name"]: sum(emf[metric["Name"]]) for metric in told["Metrics"]}


def test_an_invocation_writes_its_sums_once_by_platform_and_over_all(
    aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(_run: Any, _means: Any, _deadline: Any) -> None:
        for _ in range(250):
            count("Requests")
        count("BytesStored", 7)

    runtime.step(work)(EVENT, Context("step"))

    (emf,) = written(capsys)
    (told,) = emf["_aws"]["CloudWatchMetrics"]
    assert (told["Namespace"], told["Dimensions"]) == ("ListBackup", [["service"], ["platform"]])
    assert (emf["service"], emf["platform"]) == ("listbackup", "stripe")
    assert values(emf) == {"Requests": 250, "BytesStored": 7}
    assert {metric["Name"]: metric["Unit"] for metric in told["Metrics"]} == {
        "Requests": "Count",
        "BytesStored": "Bytes",
    }


def test_what_fails_is_counted_too_and_the_next_invocation_begins_at_nothing(
    aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(_run: Any, _means: Any, _deadline: Any) -> None:
        count("Requests")
        raise AssertionError

    with pytest.raises(FaultError):
        runtime.step(failing)(EVENT, Context("step"))
    runtime.step(lambda _run, _means, _deadline: None)(EVENT, Context("step"))

    assert [values(emf) for emf in written(capsys)] == [{"Requests": 1}]


def test_a_backup_tells_what_it_stored_and_how_it_ended(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.choose("customers")
    kept = len(world.vendor.records("customers"))
    job = world.request()
    names = ("account_id", "job_id", "source_id", "connection_id", "snapshot_id", "platform")
    event = {name: getattr(job, name) for name in names}
    for step in ("authorize", "plan"):
        call(f"listbackup-test-{step}", event)
    read = event | {"step": "ReadStream", "level": 0, "lane": 0}
    call("listbackup-test-processor-stripe", read)
    for step in ("plan-files", "seal", "verify", "close", "close"):
        call(f"listbackup-test-{step}", event)

    told = written(capsys)

    sums: dict[str, float] = {}
    for emf in told:
        for name, value in values(emf).items():
            sums[name] = sums.get(name, 0) + value
    assert (sums["RecordsStored"], sums["PartsStored"], sums["StreamsFailed"]) == (kept, 1, 0)
    assert (sums["SnapshotsVerified"], sums["SnapshotsDamaged"]) == (1, 0)
    assert [sums[f"Jobs{ending}"] for ending in ("Completed", "Partial", "Failed", "Cancelled")] == [1, 0, 0, 0]
    assert sums["Requests"] == len(world.vendor.asked())


def test_s43_metrics_name_no_account_job_or_token(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.choose("customers")
    world.sync()

    told = written(capsys)
    assert len(told) >= 4
    for emf in told:
        assert not any(
            one in json.dumps(emf) for one in (world.account_id, world.source_id, world.jobs[0].job_id, "sk_")
        )
        (shape,) = emf["_aws"]["CloudWatchMetrics"]
        assert emf.keys() == {"_aws", "service", "platform"} | {metric["Name"] for metric in shape["Metrics"]}
