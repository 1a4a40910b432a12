"""Lambdas beside Chalice's: the state machine's steps and the platforms' processors, each with a role of its own."""

from dataclasses import dataclass
from typing import Any

from infra.grants import Statement, document

Resources = dict[str, dict[str, Any]]

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"
LEAST_DISK_MIB, MOST_DISK_MIB = 512, 10_240


@dataclass(frozen=True, slots=True)
class Function:
    """A handler of `processors/` and what it gets; `name` is what follows `listbackup-{stage}-`."""

    logical_id: str
    name: str
    module: str
    memory_mib: int
    timeout_seconds: int
    grants: list[Statement]
    disk_mib: int = LEAST_DISK_MIB

    def resources(self) -> Resources:
        """Describe the function, its role and its logs to CloudFormation."""
        return {
            self.logical_id: self._function(),
            f"{self.logical_id}Role": self._role(),
            f"{self.logical_id}Logs": self._logs(),
        }

    def _function(self) -> dict[str, Any]:
        properties = {
            "FunctionName": {"Fn::Sub": f"listbackup-${{Stage}}-{self.name}"},
            "Handler": f"processors.{self.module}.handler",
            "CodeUri": "./processors.zip",
            "Runtime": RUNTIME,
            "Architectures": [ARCHITECTURE],
            "Layers": [{"Ref": "DependencyLayer"}],
            "MemorySize": self.memory_mib,
            "EphemeralStorage": {"Size": self.disk_mib},
            "Timeout": self.timeout_seconds,
            "Role": {"Fn::GetAtt": [f"{self.logical_id}Role", "Arn"]},
        }
        return {"Type": "AWS::Serverless::Function", "Properties": properties}

    def _role(self) -> dict[str, Any]:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        properties = {
            "AssumeRolePolicyDocument": document([trust]),
            "ManagedPolicyArns": [{"Ref": "FunctionBasics"}],
            "Policies": [{"PolicyName": self.name, "PolicyDocument": document(self.grants)}],
        }
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    def _logs(self) -> dict[str, Any]:
        properties = {
            "LogGroupName": {"Fn::Sub": f"/aws/lambda/listbackup-${{Stage}}-{self.name}"},
            "RetentionInDays": {"Fn::If": ["IsProduction", 365, 30]},
        }
        return {"Type": "AWS::Logs::LogGroup", "Properties": properties}
