"""What a vendor shows once a connection may see more is read, also of records that do not change."""

import json
from datetime import UTC, datetime

import boto3
import pytest

from chalicelib.store.connections import Connection
from tests.backup.reading import kept, manifest_of
from tests.backup.world import World, new_world

CONTACTS = "contacts"
SENSITIVE = "crm.objects.contacts.sensitive.read"


@pytest.fixture
def hubspot(running_aws: str) -> World:
    """A HubSpot account whose contacts have a sensitive property."""
    world = new_world(running_aws, "hubspot", contacts=10)
    world.choose(CONTACTS)
    return world


def authorize(world: World, *without: str) -> None:
    """Authorize the connection, for all scopes there are but these, as its owner does."""
    asked = sorted(set(world.vendor.token()["scopes"]) - set(without))
    token, account = world.vendor.token(scopes=asked), world.account_id
    secrets = boto3.client("secretsmanager")
    name = f"sources/{account}/{world.connection.connection_id}/oauth"
    secret = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    secret["tokens"] |= {key: token.get(key) for key in ("access_token", "refresh_token", "expires_at")}
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(secret))
    connection = Connection.fetch(account_id=account, connection_id=world.connection.connection_id)
    assert connection is not None
    connection.change(now=datetime.now(UTC), scopes=asked)


def test_records_are_read_again_once_the_connection_may_see_more_of_them(hubspot: World) -> None:
    authorize(hubspot, SENSITIVE)
    first = hubspot.sync()
    authorize(hubspot)

    job, after = hubspot.sync(), hubspot.sync()

    assert (first.status, job.status) == ("completed", "completed")
    assert kept(job, CONTACTS) == hubspot.vendor.records(CONTACTS)
    assert kept(job, CONTACTS) != kept(first, CONTACTS)
    changed = [manifest_of(one).streams[CONTACTS] for one in (job, after)]
    assert [(one.changed, one.unchanged) for one in changed] == [(10, 0), (0, 0)]
