"""Who may do what: the one place where a Lambda's permissions are decided.

`APP` has every function of app.py, `STEPS` every step of the state machine, `processor` gives a platform's. Besides, a
function may write its logs and send its traces (`FunctionBasics` in app.yaml), and nothing else.

`python -m infra.grants` writes the policy files that Chalice reads; a test compares them.
"""

import json
from pathlib import Path
from typing import Any

Statement = dict[str, Any]

CHALICE = Path(__file__).parents[1] / ".chalice"

_ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
READ = ("GetItem", "BatchGetItem", "Query")
WRITE = (*READ, "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")


def _sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def _arn(service: str, resource: str) -> dict[str, str]:
    return _sub(f"arn:${{AWS::Partition}}:{service}:{_ACCOUNT}:{resource}")


def _core(output: str) -> Statement:
    return {"Fn::ImportValue": _sub(f"listbackup-core-${{Stage}}-{output}")}


def _allow(sid: str, service: str, actions: tuple[str, ...], resource: object, **condition: object) -> Statement:
    statement = {"Sid": sid, "Effect": "Allow", "Action": [f"{service}:{a}" for a in actions], "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _opened_through(service: str, key: str) -> Statement:
    """Let a key be used, but only by `service` on the function's behalf."""
    via = {"kms:ViaService": _sub(f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}")}
    return _allow(f"OpenThrough{service.title()}", "kms", ("Decrypt", "GenerateDataKey"), _core(key), StringEquals=via)


def table(*actions: str) -> list[Statement]:
    """Let items be read or written, by key; there is no Scan in any of them."""
    name = "table/listbackup-${Stage}"
    return [_allow("Table", "dynamodb", actions, [_arn("dynamodb", name), _arn("dynamodb", f"{name}/index/*")])]


def _objects(sid: str, bucket: str, prefix: str, actions: tuple[str, ...]) -> list[Statement]:
    arn = f"arn:${{AWS::Partition}}:s3:::listbackup-{bucket}-${{Stage}}"
    return [
        _allow(sid, "s3", actions, _sub(f"{arn}/{prefix}/*")),
        # Without it S3 answers a missing object as a forbidden one; that check knows of no prefix to limit it by.
        _allow(f"{sid}Names", "s3", ("ListBucket",), _sub(arn)),
    ]


def archive(*actions: str) -> list[Statement]:
    """Let objects of the archive be read or stored."""
    return [*_objects("Archive", "data", "accounts", actions), _opened_through("s3", "DataKeyArn")]


def manifests(*actions: str) -> list[Statement]:
    """Let manifests' MACs be made or checked."""
    return [_allow("Manifests", "kms", actions, _core("ManifestKeyArn"))]


def workspace(*actions: str) -> list[Statement]:
    """Let what a job needs until it has ended be kept; goes with `archive`, which opens the key of both buckets."""
    return _objects("Workspace", "temp", "jobs", actions)


def tokens(*actions: str, clients: str = "*") -> list[Statement]:
    """Let connections' tokens be used as said, and the client credentials of `clients` be read."""
    of_clients = _arn("secretsmanager", f"secret:app/oauth/{clients}-??????")
    return [
        _allow("Tokens", "secretsmanager", actions, _arn("secretsmanager", "secret:sources/*")),
        _allow("Clients", "secretsmanager", ("GetSecretValue",), of_clients),
        _opened_through("secretsmanager", "TokensKeyArn"),
    ]


def signing_key() -> list[Statement]:
    """Let the key that signs cursors be read; goes with `tokens`, which opens its key."""
    secret = _arn("secretsmanager", "secret:listbackup/${Stage}/signing-key-??????")
    return [_allow("SigningKey", "secretsmanager", ("GetSecretValue",), secret)]


def newcomers(*actions: str) -> list[Statement]:
    """Let users of the pool be looked at or deleted as said."""
    return [_allow("Newcomers", "cognito-idp", actions, _core("UserPoolArn"))]


def executions(*actions: str) -> list[Statement]:
    """Let runs of the state machine be started, or looked at and stopped."""
    kinds = ("stateMachine:listbackup-${Stage}-backup", "execution:listbackup-${Stage}-backup:*")
    return [_allow("Executions", "states", actions, [_arn("states", kind) for kind in kinds])]


def send(*queues: str) -> list[Statement]:
    """Let messages be put into queues."""
    arns = [_arn("sqs", f"listbackup-${{Stage}}-{queue}") for queue in queues]
    return [_allow("Send", "sqs", ("SendMessage", "GetQueueUrl"), arns)]


def receive(queue: str) -> list[Statement]:
    """Let a queue's messages be taken, put off and removed."""
    actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl")
    return [_allow("Receive", "sqs", actions, _arn("sqs", f"listbackup-${{Stage}}-{queue}.fifo"))]


def stream() -> list[Statement]:
    """Let the table's stream be read; ListStreams takes no resource."""
    actions = ("DescribeStream", "GetRecords", "GetShardIterator")
    return [
        _allow("Stream", "dynamodb", actions, _core("StreamArn")),
        _allow("Streams", "dynamodb", ("ListStreams",), "*"),
    ]


def events() -> list[Statement]:
    """Let events be put on the deployment's bus."""
    return [_allow("Events", "events", ("PutEvents",), _arn("events", "event-bus/listbackup-${Stage}"))]


QUEUES = tuple(f"{name}.fifo" for name in ("alerts", "sync", "backup", "export", "analytics", "maintenance"))
_STARTER = [*table(*READ, "PutItem", "UpdateItem", "ConditionCheckItem"), *executions("StartExecution")]

APP: dict[str, list[Statement]] = {
    "api": [
        *table(*WRITE),
        *archive("GetObject"),
        *tokens("GetSecretValue", "CreateSecret", "PutSecretValue", "DeleteSecret"),
        *signing_key(),
        *newcomers("AdminGetUser", "AdminDeleteUser"),
        *executions("DescribeExecution", "StopExecution"),
    ],
    "route": [*stream(), *table(*READ, "UpdateItem"), *send(*QUEUES, "route-failures")],
    "start-sync": [*_STARTER, *receive("sync"), *send("sync.fifo")],
    "start-backup": [*_STARTER, *receive("backup"), *send("backup.fifo")],
    "sweep": [*table(*WRITE), *send(*QUEUES), *executions("DescribeExecution")],
    "sync-due": [*table(*WRITE)],
    "close-dead": [*table(*WRITE), *events()],
}

STEPS: dict[str, list[Statement]] = {
    "authorize": [*table(*READ, "UpdateItem"), *tokens("GetSecretValue", "PutSecretValue")],
    "plan": [
        *table(*WRITE),
        *archive("GetObject"),
        *manifests("VerifyMac"),
        *workspace("GetObject", "PutObject"),
        *tokens("GetSecretValue", "PutSecretValue"),
        *events(),
    ],
    "plan_files": [*table(*WRITE), *archive("GetObject"), *workspace("GetObject", "PutObject")],
    "seal": [
        *table(*WRITE),
        *archive("GetObject", "PutObject"),
        *manifests("GenerateMac", "VerifyMac"),
        *workspace("GetObject", "PutObject"),
    ],
    "verify": [
        *table(*WRITE),
        *archive("GetObject"),
        *manifests("VerifyMac"),
        *workspace("GetObject", "PutObject"),
    ],
    "close": [*table(*WRITE), *archive("GetObject"), *workspace("GetObject", "DeleteObject"), *events()],
}


def processor(platform: str) -> list[Statement]:
    """Give what one platform's processor may do: of all clients' credentials it sees its own platform's alone."""
    return [
        *table(*WRITE),
        *archive("GetObject", "PutObject"),
        *workspace("GetObject", "PutObject"),
        *tokens("GetSecretValue", "PutSecretValue", clients=platform),
        *events(),
    ]


def document(statements: list[Statement]) -> Statement:
    """Make a policy document of statements."""
    return {"Version": "2012-10-17", "Statement": statements}


def policy_files() -> dict[Path, str]:
    """Give the text of each policy file that Chalice reads."""
    return {CHALICE / f"policy-{name}.json": json.dumps(document(of), indent=2) + "\n" for name, of in APP.items()}


if __name__ == "__main__":
    for path, text in policy_files().items():
        path.write_text(text)
