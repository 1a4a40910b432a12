"""What runs is complete: a function for everyone who is called, a watch on everything that is promised."""

import json
import re
from typing import Any

from chalicelib.connectors import CONNECTORS
from infra.build import ROOT
from tests.infra.conftest import Resources, listed, of_type

PROMISED_SECONDS = {"Alerts": 300, "Sync": 300, "Backup": 1800, "Export": 1800, "Analytics": 7200, "Maintenance": 7200}


def names(app: Resources) -> set[str]:
    return {function["FunctionName"]["Fn::Sub"] for _, function in of_type(app, "AWS::Serverless::Function")}


def test_every_platform_has_a_processor(app: Resources) -> None:
    processors = {name for name in names(app) if "-processor-" in name}

    assert processors == {f"listbackup-${{Stage}}-processor-{platform}" for platform in CONNECTORS}


def test_who_keeps_indexes_on_disk_has_all_the_disk_there_is(app: Resources) -> None:
    sizes = {
        str(function["FunctionName"]["Fn::Sub"]).removeprefix("listbackup-${Stage}-"): function["EphemeralStorage"][
            "Size"
        ]
        for _, function in of_type(app, "AWS::Serverless::Function")
        if "EphemeralStorage" in function
    }
    processors = {f"processor-{platform}" for platform in CONNECTORS}

    with_indexes = {name for name, size in sizes.items() if size == 10_240}

    assert with_indexes == {"api", "plan-files", "seal", "verify", *processors}
    assert {sizes[name] for name in sizes.keys() - with_indexes} == {512}


def test_every_function_keeps_its_logs_for_a_stated_time(app: Resources) -> None:
    logged = {str(group["LogGroupName"]) for _, group in of_type(app, "AWS::Logs::LogGroup")}
    retained = [group["RetentionInDays"] for _, group in of_type(app, "AWS::Logs::LogGroup")]
    apis = {"api", "route", "start-sync", "start-backup", "sweep", "sync-due", "close-dead"}

    for name in names(app):
        short = name.removeprefix("listbackup-${Stage}-")
        assert short in apis or f"/aws/lambda/{name}" in "".join(logged)
    assert all(short in "".join(logged) for short in apis)
    assert all(retained)


def test_every_promise_of_a_queue_is_an_alarm(app: Resources) -> None:
    for queue, seconds in PROMISED_SECONDS.items():
        age, put_aside = app[f"{queue}Age"]["Properties"], app[f"{queue}PutAside"]["Properties"]

        assert (age["MetricName"], age["Threshold"]) == ("ApproximateAgeOfOldestMessage", seconds)
        assert (put_aside["MetricName"], put_aside["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)


def test_every_alarm_wakes_somebody(app: Resources) -> None:
    alarms = dict(of_type(app, "AWS::CloudWatch::Alarm"))

    assert len(alarms) >= 20
    assert all("AlarmTopicArn" in str(alarm["AlarmActions"]) for alarm in alarms.values())


def test_everything_the_machine_asks_for_is_supplied(app: Resources) -> None:
    machine = app["BackupMachine"]["Properties"]
    asked = set(re.findall(r"\$\{(\w+)}", (ROOT / "statemachines/backup.asl.json").read_text()))

    assert asked == set(machine["DefinitionSubstitutions"])
    assert machine["Definition"]["States"]


def test_the_machine_logs_and_traces_but_never_writes_down_what_it_carries(app: Resources) -> None:
    machine = app["BackupMachine"]["Properties"]

    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_dead_of_other_machines_and_of_single_lanes_are_none_of_ours(app: Resources) -> None:
    """A lane's execution has the ARN `…:stateMachine:NAME/LABEL`; EventBridge matches whole values."""
    pattern = app["CloseDead"]["Properties"]["Events"]["CloseDeadEvent"]["Properties"]["Pattern"]
    (arn,) = pattern["detail"]["stateMachineArn"]

    assert pattern["source"] == ["aws.states"]
    assert arn["Fn::Sub"].endswith(":stateMachine:listbackup-${Stage}-backup")


def test_f54_the_machine_may_start_watch_and_stop_its_lanes_and_no_other_execution(app: Resources) -> None:
    (policy,) = app["BackupMachineRole"]["Properties"]["Policies"]
    on = {
        action: [one["Fn::Sub"].partition("${AWS::AccountId}:")[2] for one in listed(statement["Resource"])]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
        if action.startswith("states:")
    }
    lanes = ["execution:listbackup-${Stage}-backup:*", "execution:listbackup-${Stage}-backup/*"]

    assert on == {
        "states:StartExecution": ["stateMachine:listbackup-${Stage}-backup"],
        "states:DescribeExecution": lanes,
        "states:StopExecution": lanes,
    }


def test_the_outbox_reads_nothing_but_new_jobs_and_gives_up_on_none_in_silence(app: Resources) -> None:
    source = app["Route"]["Properties"]["Events"]["RouteDynamodbEventSource"]["Properties"]
    (condition,) = source["FilterCriteria"]["Filters"]

    assert json.loads(condition["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"kind": {"S": ["job"]}}},
    }
    assert source["BisectBatchOnFunctionError"]
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["RouteFailures", "Arn"]}


def test_a_job_that_has_to_wait_is_no_error_of_the_function_that_would_start_it(app: Resources) -> None:
    for function in ("StartSync", "StartBackup"):
        (source,) = app[function]["Properties"]["Events"].values()

        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_api_gateway_refuses_in_the_one_shape_of_errors(app: Resources) -> None:
    answers: dict[str, Any] = app["RestAPI"]["Properties"]["GatewayResponses"]

    for kind, answer in answers.items():
        text = answer["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"x"')
        error = json.loads(text)["error"]
        assert error.keys() == {"code", "message", "details", "correlationId"}, kind
        assert "Cache-Control" in answer["ResponseParameters"]["Headers"]
        assert "*" not in str(answer["ResponseParameters"]["Headers"]["Access-Control-Allow-Origin"])


def test_no_token_or_code_reaches_the_access_log_s43(app: Resources) -> None:
    told = app["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]

    assert not re.search(r"querystring|\bheader|authorizer\.(?!claims\.sub)|\$context\.path\b", told, re.IGNORECASE)


def test_an_alarm_on_a_metric_of_ours_asks_for_one_that_is_written(app: Resources) -> None:
    source = "".join(path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    ours = [alarm for _, alarm in of_type(app, "AWS::CloudWatch::Alarm") if alarm.get("Namespace") == "ListBackup"]

    watched = {alarm["MetricName"] for alarm in ours}
    assert watched == {"JobsFailed", "JobsLost", "JobsOverdue", "SnapshotsDamaged", "ManifestsRefused"}
    for alarm in ours:
        name = alarm["MetricName"]
        assert f'count("{name}"' in source or f'name="{name}"' in source or name == "JobsFailed"
        assert alarm["Dimensions"] == [{"Name": "service", "Value": "listbackup"}]
