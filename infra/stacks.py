"""CloudFormation stacks, made and changed by change sets: what would happen is known, and shown, before it does."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, ParameterTypeDef, StackTypeDef

_CAPABILITIES: Sequence[Any] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_DECIDED = {"CREATE_COMPLETE", "FAILED"}
_FAILURE = re.compile(r"_FAILED|ROLLBACK_IN_PROGRESS")
_NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed")


class Source(TypedDict, total=False):
    """Where a template is: the text itself, or its place in S3."""

    TemplateBody: str
    TemplateURL: str


class StackError(Exception):
    """A stack did not come to be as described; the message has CloudFormation's reasons."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack by its name, which may not exist yet."""

    client: "CloudFormationClient"
    name: str
    poll_seconds: float = 5.0

    def deploy(self, source: Source, parameters: Mapping[str, str]) -> bool:
        """Create or update the stack; False where it is as described already.

        Parameters that are not given keep their values.
        """
        change_set = self._proposed(source, parameters)
        if change_set is None:
            return False
        started = time.time()
        self.client.execute_change_set(ChangeSetName=change_set)
        status = self._settled()
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise StackError(f"{self.name} is {status}:\n" + "\n".join(self._reasons(started)))
        return True

    def preview(self, source: Source, parameters: Mapping[str, str]) -> list[str]:
        """Tell what `deploy` would do, one line a resource, and leave nothing behind."""
        change_set = self._proposed(source, parameters)
        if change_set is None:
            return []
        try:
            return [_line(change) for change in self._changes(change_set)]
        finally:
            self._withdraw(change_set)

    def outputs(self) -> dict[str, str]:
        """Read the stack's outputs; raises StackError where there is no such stack."""
        stack = self._described()
        if stack is None:
            raise StackError(f"there is no stack {self.name}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def exists(self) -> bool:
        """Tell whether the stack has been created."""
        stack = self._described()
        return stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"

    def _cleared(self) -> None:
        """Remove what a failed first deployment has left: nothing but its name, which no change set may take up."""
        stack = self._described()
        if stack is not None and stack["StackStatus"] == "ROLLBACK_COMPLETE":
            self.client.delete_stack(StackName=self.name)
            self._settled()

    def _proposed(self, source: Source, parameters: Mapping[str, str]) -> str | None:
        """Make a change set; None, and no change set, where there is nothing to change."""
        self._cleared()
        made = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"deploy-{time.time_ns()}",
            ChangeSetType="UPDATE" if self.exists() else "CREATE",
            Capabilities=_CAPABILITIES,
            Parameters=list(self._parameters(parameters)),
            **source,
        )["Id"]
        while (state := self.client.describe_change_set(ChangeSetName=made))["Status"] not in _DECIDED:
            time.sleep(self.poll_seconds)
        if state["Status"] == "CREATE_COMPLETE":
            return made
        reason = state.get("StatusReason", "no reason given")
        self._withdraw(made)
        if any(text in reason for text in _NOTHING_TO_DO):
            return None
        raise StackError(f"{self.name} cannot be changed so: {reason}")

    def _parameters(self, given: Mapping[str, str]) -> "Iterator[ParameterTypeDef]":
        stack = self._described()
        before = {parameter["ParameterKey"] for parameter in (stack.get("Parameters", []) if stack else [])}
        for key in sorted(before - given.keys()):
            yield {"ParameterKey": key, "UsePreviousValue": True}
        for key, value in given.items():
            yield {"ParameterKey": key, "ParameterValue": value}

    def _changes(self, change_set: str) -> "Iterator[ChangeTypeDef]":
        for page in self.client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set):
            yield from page["Changes"]

    def _withdraw(self, change_set: str) -> None:
        self.client.delete_change_set(ChangeSetName=change_set)
        if not self.exists():
            with suppress(ClientError):
                self.client.delete_stack(StackName=self.name)

    def _settled(self) -> str:
        while True:
            stack = self._described()
            status = str(stack["StackStatus"]) if stack else "GONE"
            if not status.endswith("IN_PROGRESS"):
                return status
            time.sleep(self.poll_seconds)

    def _reasons(self, since: float) -> Iterator[str]:
        for page in self.client.get_paginator("describe_stack_events").paginate(StackName=self.name):
            for event in page["StackEvents"]:
                reason = event.get("ResourceStatusReason", "")
                if event["Timestamp"].timestamp() >= since - 1 and _FAILURE.search(event.get("ResourceStatus", "")):
                    yield f"  {event.get('LogicalResourceId')}: {reason}"

    def _described(self) -> "StackTypeDef | None":
        try:
            return self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as refused:
            if "does not exist" in refused.response["Error"].get("Message", ""):
                return None
            raise


def _line(change: "ChangeTypeDef") -> str:
    resource = change["ResourceChange"]
    replaced = "  REPLACED" if resource.get("Replacement") == "True" else ""
    return f"{resource['Action']:<8} {resource['ResourceType']:<40} {resource['LogicalResourceId']}{replaced}"
