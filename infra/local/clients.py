"""The vendors' client credentials here: made up, with each of a vendor's hosts played by the sandbox."""

import json
from typing import Any
from urllib.parse import urlsplit

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Connector
from infra.local.engine import Engine


def put_client_credentials(engine: Engine) -> None:
    """Fill in `app/oauth/{platform}` for every connector, save where a developer has put real ones."""
    secrets = engine.client("secretsmanager")
    for connector in CONNECTORS.values():
        name = f"app/oauth/{connector.name}"
        value = json.dumps(_credentials(connector, engine.sandbox))
        if not _kept(secrets, name):
            secrets.create_secret(Name=name, SecretString=value, KmsKeyId="alias/listbackup-local-tokens")
        elif "hosts" in json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]):
            secrets.put_secret_value(SecretId=name, SecretString=value)


def _credentials(connector: Connector, sandbox: str) -> dict[str, Any]:
    urls = (connector.host, *connector.hosts, connector.auth.authorize_url, connector.auth.token_url)
    parts = [urlsplit(url) for url in urls if "{" not in url]
    hosts = {f"{url.scheme}://{url.netloc}": f"{sandbox}/{url.netloc}" for url in parts}
    return {"client_id": f"{connector.name}-client", "client_secret": f"{connector.name}-secret", "hosts": hosts}


def _kept(secrets: Any, name: str) -> bool:  # noqa: ANN401  boto3 makes a class of its own for each service
    listed = secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
    return any(secret["Name"] == name for secret in listed)
