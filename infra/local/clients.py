"""The vendors' client credentials here: the sandbox's own, with each of a vendor's hosts played by the sandbox."""

import json
from typing import Any
from urllib.parse import urlsplit

import requests

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Connector
from infra.local.engine import Engine


def put_client_credentials(engine: Engine) -> None:
    """Fill in `app/oauth/{platform}` for each connector the sandbox plays, save where a developer has put real ones."""
    secrets = engine.client("secretsmanager")
    for connector in CONNECTORS.values():
        name = f"app/oauth/{connector.name}"
        played = requests.get(f"{engine.sandbox}/_sandbox/{connector.name}", timeout=10)
        if not played.ok:
            continue
        value = json.dumps(_credentials(connector, played.json()["settings"], engine.sandbox))
        if not _kept(secrets, name):
            secrets.create_secret(Name=name, SecretString=value, KmsKeyId="alias/listbackup-local-tokens")
        elif "hosts" in json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]):
            secrets.put_secret_value(SecretId=name, SecretString=value)


def _credentials(connector: Connector, registered: dict[str, Any], sandbox: str) -> dict[str, Any]:
    urls = (connector.host, *connector.hosts, *connector.auth.urls)
    parts = [urlsplit(url) for url in urls if "{" not in url]
    hosts = {f"{url.scheme}://{url.netloc}": f"{sandbox}/{url.netloc}" for url in parts}
    return {"client_id": registered["client_id"], "client_secret": registered["client_secret"], "hosts": hosts}


def _kept(secrets: Any, name: str) -> bool:  # noqa: ANN401  boto3 makes a class of its own for each service
    listed = secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
    return any(secret["Name"] == name for secret in listed)
