"""Executions of the state machine (Step Functions)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True)
class Executions:
    """The executions of one state machine, each under its job's id."""

    client: "SFNClient"
    machine_arn: str

    def start(self, name: str, given: Mapping[str, Any]) -> None:
        """Start an execution; one of that name that runs or has run counts as started."""
        try:
            self.client.start_execution(stateMachineArn=self.machine_arn, name=name, input=json.dumps(given))
        except self.client.exceptions.ExecutionAlreadyExists:
            return

    def status(self, name: str) -> str | None:
        """Tell RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE; None where there is none."""
        try:
            return str(self.client.describe_execution(executionArn=self._arn(name))["status"])
        except self.client.exceptions.ExecutionDoesNotExist:
            return None

    def stop(self, name: str, cause: str) -> None:
        """Stop an execution; nothing happens where it has ended or never was."""
        try:
            self.client.stop_execution(executionArn=self._arn(name), cause=cause)
        except self.client.exceptions.ExecutionDoesNotExist:
            return

    def _arn(self, name: str) -> str:
        return f"{self.machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"
