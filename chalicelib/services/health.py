"""Whether what we stand on answers."""

from collections.abc import Mapping

from chalicelib.aws import clients
from chalicelib.aws.probing import Probe, probe
from chalicelib.config import settings
from chalicelib.services.outside import Outside
from chalicelib.store.accounts import Account


def probes(outside: Outside) -> Mapping[str, Probe]:
    """Try every service the API depends on, each with a question it may ask anyway."""
    questions = {
        "table": lambda: Account.fetch(account_id="health"),
        "archive": lambda: clients.s3().list_objects_v2(
            Bucket=settings().data_bucket, Prefix="accounts/health/", MaxKeys=1
        ),
        "userPool": outside.identity.published_keys,
        "secrets": lambda: outside.secrets.read(settings().signing_key_secret),
        "executions": lambda: outside.executions.status("health"),
    }
    return {name: probe(ask) for name, ask in questions.items()}
