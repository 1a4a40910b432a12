"""Decides as IAM does what a role may do, and what a bucket's policy denies; `main` is the stage.

Roles' policies only allow, the buckets' only deny.
"""

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
    "DataBucket.Arn": "arn:aws:s3:::listbackup-data-main",
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
    return any(_is_about(statement, "Allow", action, resource) for statement in _statements(app, role))


def who_may_touch(app: Resources, action: str, *partitions: str, index: str = "") -> set[str]:
    """The roles that may do something to items of all these partitions in one request, without the word `Role`."""
    resource = arn("dynamodb", "table/listbackup-main") + (f"/index/{index}" if index else "")
    context = {"dynamodb:LeadingKeys": list(partitions)} if partitions else {}
    return {
        name.removesuffix("Role")
        for name, _ in of_type(app, "AWS::IAM::Role")
        if any(
            _is_about(statement, "Allow", f"dynamodb:{action}", resource) and _met(statement, context)
            for statement in _statements(app, name)
        )
    }


def denied(core: Resources, policy: str, action: str, resource: str, context: dict[str, str]) -> bool:
    """Tell whether a bucket's policy denies an action that is asked for with these condition keys."""
    asked = {key: [value] for key, value in context.items()}
    return any(
        _is_about(statement, "Deny", action, resource) and _met(statement, asked)
        for statement in core[policy]["Properties"]["PolicyDocument"]["Statement"]
    )


def text(value: Any) -> str:
    """Give a template's text as CloudFormation fills it in; what another resource is asked for stays its name."""
    if isinstance(value, str):
        return value
    ((function, given),) = value.items()
    if function == "Fn::Sub":
        return re.sub(r"\$\{([\w:.]+)}", lambda found: NAMES[found[1]], given)
    return text(given) if function == "Fn::ImportValue" else f"{function}:{given}"


def _statements(app: Resources, role: str) -> Iterator[dict[str, Any]]:
    properties = app[role]["Properties"]
    attached = [app[policy["Ref"]]["Properties"] for policy in properties.get("ManagedPolicyArns", [])]
    for document in documents([properties["Policies"], *attached]):
        yield from document["Statement"]


def _is_about(statement: dict[str, Any], effect: str, action: str, resource: str) -> bool:
    return (
        statement["Effect"] == effect
        and any(_fits(pattern.lower(), action.lower()) for pattern in listed(statement["Action"]))
        and any(_fits(text(one), resource) for one in listed(statement["Resource"]))
    )


def _met(statement: dict[str, Any], context: dict[str, list[str]]) -> bool:
    return all(
        _holds(operator, context.get(key), [text(one) for one in listed(expected)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, expected in keys.items()
    )


def _holds(operator: str, given: list[str] | None, expected: list[str]) -> bool:
    """Compare a request's values with a condition's; a set operator holds for no values, as IAM has it."""
    if operator == "Null":
        return (given is None) == (expected == ["true"])
    compared = [any(_fits(one, value) for one in expected) for value in given or ()]
    return all(compared) if operator.startswith("ForAllValues:") else any(compared)


def _fits(pattern: str, value: str) -> bool:
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, value, re.DOTALL) is not None
