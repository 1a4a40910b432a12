"""Secrets (Secrets Manager)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, slots=True)
class Secrets:
    """The deployment's secrets, encrypted under one key."""

    client: "SecretsManagerClient"
    key_id: str

    def read(self, name: str) -> str | None:
        """Read a secret's current value; None where there is none, or where it is being deleted."""
        missing = (self.client.exceptions.ResourceNotFoundException, self.client.exceptions.InvalidRequestException)
        try:
            return self.client.get_secret_value(SecretId=name)["SecretString"]
        except missing:
            return None

    def write(self, name: str, value: str) -> None:
        """Keep a value under a name, as a new secret or the newest version of an old one."""
        try:
            self.client.put_secret_value(SecretId=name, SecretString=value)
        except self.client.exceptions.ResourceNotFoundException:
            self._create(name, value)

    def remove(self, name: str) -> None:
        """Delete a secret at once and for good; nothing happens where there is none."""
        try:
            self.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        except self.client.exceptions.ResourceNotFoundException:
            return

    def _create(self, name: str, value: str) -> None:
        try:
            self.client.create_secret(Name=name, SecretString=value, KmsKeyId=self.key_id)
        except self.client.exceptions.ResourceExistsException:
            self.client.put_secret_value(SecretId=name, SecretString=value)
