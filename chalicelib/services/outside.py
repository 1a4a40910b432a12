"""What lies outside, as this deployment's settings name it; each is reached at its first use."""

import tempfile
from functools import cached_property, lru_cache
from pathlib import Path

from chalicelib.archive.blocks import BlockCache
from chalicelib.archive.cache import IndexCache
from chalicelib.aws import clients
from chalicelib.aws.executions import Executions
from chalicelib.aws.identity import Identity
from chalicelib.aws.objects import S3Objects
from chalicelib.aws.pool_keys import PoolKeys
from chalicelib.aws.queue import Queues
from chalicelib.aws.secrets import Secrets
from chalicelib.aws.signing import SigningKey
from chalicelib.config import settings
from chalicelib.credentials.custody import Custody
from chalicelib.services.reading import Archive


class Outside:
    """One deployment's surroundings."""

    @cached_property
    def identity(self) -> Identity:
        return Identity(clients.cognito(), settings().user_pool_id, settings().user_pool_client_id)

    @cached_property
    def pool_keys(self) -> PoolKeys:
        return PoolKeys(self.identity.published_keys)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(clients.secrets_manager(), settings().tokens_key_id)

    @cached_property
    def custody(self) -> Custody:
        return Custody(self.secrets)

    @cached_property
    def signing_key(self) -> SigningKey:
        return SigningKey(self.secrets, settings().signing_key_secret)

    @cached_property
    def executions(self) -> Executions:
        return Executions(clients.step_functions(), settings().state_machine_arn)

    @cached_property
    def queues(self) -> Queues:
        return Queues(clients.sqs(), settings().queue_prefix)

    @cached_property
    def archive(self) -> Archive:
        objects = S3Objects(clients.s3(), settings().data_bucket)
        indexes = IndexCache(Path(tempfile.gettempdir()) / "listbackup-indexes")
        return Archive(objects, indexes, BlockCache(objects))


@lru_cache(maxsize=1)
def outside() -> Outside:
    """Give this process's surroundings."""
    return Outside()
