"""Decides as IAM does what a role may do, for roles whose policies only allow; `main` is the stage."""

import re
from collections.abc import Iterator
from typing import Any

from tests.infra.conftest import Resources, documents, listed, of_type

NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com",
    "Stage": "main",
}
HERE = "eu-central-1:111122223333"


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{HERE}:{resource}"


def secret(name: str) -> str:
    """The ARN of a secret: Secrets Manager puts six letters behind its name."""
    return arn("secretsmanager", f"secret:{name}-AbC4eF")


def stored(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")


def who_may(app: Resources, action: str, resource: str) -> set[str]:
    """The roles that may do something, without the word `Role`."""
    return {name.removesuffix("Role") for name, _ in of_type(app, "AWS::IAM::Role") if may(app, name, action, resource)}


def may(app: Resources, role: str, action: str, resource: str) -> bool:
    """Tell whether one of a role's policies allows an action; conditions are taken to be met."""
    return any(
        statement["Effect"] == "Allow"
        and any(_fits(pattern.lower(), action.lower()) for pattern in listed(statement["Action"]))
        and any(_fits(text(one), resource) for one in listed(statement["Resource"]))
        for statement in _statements(app, role)
    )


def text(value: Any) -> str:
    """Give a template's text as CloudFormation fills it in; what another resource is asked for stays its name."""
    if isinstance(value, str):
        return value
    ((function, given),) = value.items()
    if function == "Fn::Sub":
        return re.sub(r"\$\{([\w:]+)}", lambda found: NAMES[found[1]], given)
    return text(given) if function == "Fn::ImportValue" else f"{function}:{given}"


def _statements(app: Resources, role: str) -> Iterator[dict[str, Any]]:
    properties = app[role]["Properties"]
    attached = [app[policy["Ref"]]["Properties"] for policy in properties.get("ManagedPolicyArns", [])]
    for document in documents([properties["Policies"], *attached]):
        yield from document["Statement"]


def _fits(pattern: str, value: str) -> bool:
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, value, re.DOTALL) is not None
