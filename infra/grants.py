"""Who may do what: the one place where a Lambda's permissions are decided.

`APP` has every function of app.py, `STEPS` every step of the state machine, `processor` gives a platform's. Besides, a
function may write its logs and send its traces (`FunctionBasics` in app.yaml), and nothing else.

`python -m infra.grants` writes the policy files that Chalice reads; a test compares them.
"""

import json
from pathlib import Path
from typing import Any

from infra.partitions import ACCOUNT, ACTIVITY, ADDRESS, ALLOWANCES, ANSWERS, DUE, HELD, JOB, OPEN, SLOTS, STATE

Statement = dict[str, Any]

CHALICE = Path(__file__).parents[1] / ".chalice"

_ACCOUNT = "${AWS::Region}:${AWS::AccountId}"


def _sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def _arn(service: str, resource: str) -> dict[str, str]:
    return _sub(f"arn:${{AWS::Partition}}:{service}:{_ACCOUNT}:{resource}")


_NAME = "table/listbackup-${Stage}"
_TABLE = _arn("dynamodb", _NAME)


def _core(output: str) -> Statement:
    return {"Fn::ImportValue": _sub(f"listbackup-core-${{Stage}}-{output}")}


def _allow(sid: str, service: str, actions: tuple[str, ...], resource: object, **condition: object) -> Statement:
    statement = {"Sid": sid, "Effect": "Allow", "Action": [f"{service}:{a}" for a in actions], "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def _opened_through(service: str, key: str) -> Statement:
    """Let a key be used, but only by `service` on the function's behalf."""
    via = {"kms:ViaService": _sub(f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}")}
    return _allow(f"OpenThrough{service.title()}", "kms", ("Decrypt", "GenerateDataKey"), _core(key), StringEquals=via)


def table() -> list[Statement]:
    """Let items of all partitions be read by key, on the table and its indexes, and written; there is no Scan."""
    actions = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem")
    return [_allow("Table", "dynamodb", actions, [_TABLE, _arn("dynamodb", f"{_NAME}/index/*")])]


def read(*partitions: str, by: tuple[str, ...] = ("GetItem", "Query")) -> list[Statement]:
    """Let items of these partitions of the table be read."""
    return [_items("Read", by, _TABLE, partitions)]


def write(*partitions: str, by: tuple[str, ...] = ("PutItem", "UpdateItem")) -> list[Statement]:
    """Let items of these partitions be written; all that one transaction writes to is named in one statement."""
    return [_items("Write", by, _TABLE, partitions)]


def delete(*partitions: str) -> list[Statement]:
    """Let items of these partitions be deleted."""
    return [_items("Delete", ("DeleteItem",), _TABLE, partitions)]


def find(*partitions: str) -> list[Statement]:
    """Let some of the system's own partitions of index 2 be read."""
    return [_items("Find", ("Query",), _arn("dynamodb", f"{_NAME}/index/index2"), partitions)]


def _items(sid: str, actions: tuple[str, ...], resource: object, partitions: tuple[str, ...]) -> Statement:
    condition = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)},
        # A request without a key would meet any condition on all of its keys.
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    return _allow(sid, "dynamodb", actions, resource, **condition)


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
    # A secret that is not there has no suffix: without its bare name the answer is not that it is missing.
    of_clients = [_arn("secretsmanager", f"secret:app/oauth/{clients}{suffix}") for suffix in ("", "-??????")]
    return [
        _allow("Tokens", "secretsmanager", actions, _arn("secretsmanager", "secret:sources/*")),
        _allow("Clients", "secretsmanager", ("GetSecretValue",), of_clients),
        _opened_through("secretsmanager", "TokensKeyArn"),
    ]


def signing_key() -> list[Statement]:
    """Let the key that signs cursors be read; goes with `tokens`, which opens its key."""
    secret = _arn("secretsmanager", "secret:listbackup/${Stage}/signing-key-??????")
    return [_allow("SigningKey", "secretsmanager", ("GetSecretValue",), secret)]


def pool_users(*actions: str) -> list[Statement]:
    """Let users of the pool be looked at, signed out or deleted as said."""
    return [_allow("PoolUsers", "cognito-idp", actions, _core("UserPoolArn"))]


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
# A job that ends is written in one transaction with its source and its event, and gives its slot back.
_ENDING = [*read(ACCOUNT, ACTIVITY, SLOTS), *write(ACCOUNT, ACTIVITY, SLOTS), *delete(SLOTS)]
# Whoever asks a vendor may find that the connection is refused, and records it; all that runs shares some limits.
_READING = [*read(ACCOUNT, JOB, ACTIVITY), *write(ACCOUNT, JOB, ACTIVITY), *find(HELD)]
_STARTING = [
    *read(ACCOUNT, SLOTS),
    *write(ACCOUNT, SLOTS, by=("PutItem", "UpdateItem", "ConditionCheckItem")),
    *find(HELD),
    *executions("StartExecution"),
]

APP: dict[str, list[Statement]] = {
    "api": [
        *table(),
        *delete(ACCOUNT, ANSWERS, ADDRESS, SLOTS, STATE),
        *archive("GetObject"),
        *tokens("GetSecretValue", "CreateSecret", "PutSecretValue", "DeleteSecret"),
        *signing_key(),
        *pool_users("AdminGetUser", "AdminDeleteUser", "AdminUserGlobalSignOut"),
        *executions("DescribeExecution", "StopExecution"),
    ],
    "route": [*stream(), *read(ACCOUNT), *write(ACCOUNT, by=("UpdateItem",)), *send(*QUEUES, "route-failures")],
    "start-sync": [*_STARTING, *receive("sync"), *send("sync.fifo")],
    "start-backup": [*_STARTING, *receive("backup"), *send("backup.fifo")],
    "sweep": [*_ENDING, *find(OPEN, HELD), *send(*QUEUES), *executions("DescribeExecution")],
    "sync-due": [
        *read(ACCOUNT, ACTIVITY, by=("GetItem", "BatchGetItem", "Query")),
        *write(ACCOUNT, ACTIVITY, ALLOWANCES),
        *find(DUE),
    ],
    "close-dead": [*_ENDING, *events()],
}

STEPS: dict[str, list[Statement]] = {
    "authorize": [*read(ACCOUNT, ACTIVITY), *write(ACCOUNT, ACTIVITY), *tokens("GetSecretValue", "PutSecretValue")],
    "plan": [
        *_READING,
        *archive("GetObject"),
        *manifests("VerifyMac"),
        *workspace("GetObject", "PutObject"),
        *tokens("GetSecretValue", "PutSecretValue"),
        *events(),
    ],
    "plan_files": [
        *read(ACCOUNT, JOB),
        *write(JOB),
        *archive("GetObject"),
        *workspace("GetObject", "PutObject"),
    ],
    "seal": [
        *read(ACCOUNT, JOB),
        *write(ACCOUNT, by=("PutItem",)),
        *archive("GetObject", "PutObject"),
        *manifests("GenerateMac", "VerifyMac"),
        *workspace("GetObject", "PutObject"),
    ],
    "verify": [
        *read(ACCOUNT, JOB),
        *write(ACCOUNT, by=("UpdateItem",)),
        *archive("GetObject"),
        *manifests("VerifyMac"),
        *workspace("GetObject", "PutObject"),
    ],
    "close": [*_ENDING, *events()],
}


def processor(platform: str) -> list[Statement]:
    """Give what one platform's processor may do: of all clients' credentials it sees its own platform's alone."""
    return [
        *_READING,
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
