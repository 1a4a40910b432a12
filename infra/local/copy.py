"""The local copy of what was built: the few changes that MiniStack needs, each with the reason it is needed.

Whatever MiniStack cannot do is worked around here and nowhere else (docs/decisions/0101).
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from infra import templates
from infra.templates import Template
from infra.zips import unzipped, zipped

# AWS's own runtime client, on this machine's Python: error names, stack traces and time-outs come out as on AWS.
BOOTSTRAP = f'#!/bin/sh\nexec {sys.executable} -m local_runtime "$_HANDLER"\n'
RUNTIME = Path(__file__).with_name("runtime.py")


def localized(built: Path, out: Path) -> Path:
    """Write the local copy of `built` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, change in (("core.json", _core), ("app.json", _app)):
        template = json.loads((built / name).read_text())
        (out / name).write_text(templates.written(change(template)))
    for name in ("deployment.zip", "processors.zip"):
        started = {"bootstrap": BOOTSTRAP.encode(), "local_runtime.py": RUNTIME.read_bytes()}
        contents = unzipped((built / name).read_bytes()) | started
        (out / name).write_bytes(zipped(contents, executable=["bootstrap"]))
    return out


def _core(core: Template) -> Template:
    """Drop the demands for TLS: MiniStack enforces them, and listens without TLS on loopback."""
    resources: Template = {}
    for name, resource in core["Resources"].items():
        if isinstance(resource, dict) and resource["Type"] in {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}:
            resources |= _without_tls(name, resource)
        else:
            resources[name] = resource
    return core | {"Resources": resources}


def _without_tls(name: str, policy: Template) -> Template:
    document = policy["Properties"]["PolicyDocument"]
    kept = [statement for statement in document["Statement"] if statement["Sid"] != "TlsOnly"]
    properties = policy["Properties"] | {"PolicyDocument": document | {"Statement": kept}}
    return {name: policy | {"Properties": properties}} if kept else {}


def _app(app: Template) -> Template:
    resources: Template = {}
    for name, resource in app["Resources"].items():
        kind = resource["Type"] if isinstance(resource, dict) else ""
        if kind == "AWS::Serverless::Function":
            resources[name] = resource | {"Properties": _function(resource["Properties"])}
        elif kind == "AWS::Serverless::Api":
            resources |= _api(name, resource)
        elif kind == "AWS::IAM::Role":
            resources[name] = resource | {"Properties": _role(resource["Properties"])}
        elif kind != "AWS::Serverless::LayerVersion":
            resources[name] = resource
    return app | {"Resources": resources}


def _function(properties: Template) -> Template:
    """Run the bootstrap, with this project's environment in the layer's place.

    MiniStack's own Python workers name every exception `Runtime.HandlerError`, which no state machine can tell apart.
    """
    kept = {key: value for key, value in properties.items() if key != "Layers"}
    return kept | {"Runtime": "provided.al2023"}


def _role(properties: Template) -> Template:
    """Let requests pass that have no `dynamodb:LeadingKeys`: MiniStack knows it of none."""
    policies = []
    for policy in properties["Policies"]:
        document = policy["PolicyDocument"]
        statements = [_without_null(statement) for statement in document["Statement"]]
        policies.append(policy | {"PolicyDocument": document | {"Statement": statements}})
    return properties | {"Policies": policies}


def _without_null(statement: dict[str, Any]) -> dict[str, Any]:
    condition = {key: value for key, value in statement.get("Condition", {}).items() if key != "Null"}
    return statement | {"Condition": condition} if condition else statement


def _api(name: str, api: Template) -> Template:
    """Take the answers of API Gateway's own out of the API's definition, from which MiniStack does not read them.

    It makes resources in the order of their names where nothing else decides: `…Answer` comes before `…Deployment`,
    which has to hold them, and which is made anew when the API's description changes.
    """
    properties = dict(api["Properties"])
    answers = properties.pop("GatewayResponses")
    body = properties["DefinitionBody"]
    description = sha256(json.dumps(answers).encode()).hexdigest()
    properties["DefinitionBody"] = body | {"info": body["info"] | {"description": description}}
    changed: Template = {name: api | {"Properties": properties}}
    for kind, given in answers.items():
        changed |= _answer(name, kind, given)
    return changed


def _answer(api: str, kind: str, given: Template) -> Template:
    headers = given["ResponseParameters"]["Headers"]
    properties = {
        "RestApiId": {"Ref": api},
        "ResponseType": kind,
        "ResponseTemplates": given["ResponseTemplates"],
        "ResponseParameters": {f"gatewayresponse.header.{header}": value for header, value in headers.items()},
    }
    status = {"StatusCode": given["StatusCode"]} if "StatusCode" in given else {}
    resource = {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": properties | status}
    return {f"{api}Answer{kind.title().replace('_', '')}": resource}
