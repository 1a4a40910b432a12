"""What a deployment is told through its environment, read once."""

import os
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment's names and limits, each from the variable of its name in capitals."""

    stage: str
    table: str
    data_bucket: str
    temp_bucket: str
    user_pool_id: str
    user_pool_client_id: str
    event_bus: str
    queue_prefix: str
    signing_key_secret: str
    tokens_key_id: str
    manifest_key_id: str
    oauth_redirect_base: str
    app_origins: str = ""
    state_machine_arn: str = ""
    accounts_per_user: int = 50
    connections_per_account: int = 200
    sources_per_account: int = 500
    sub_accounts_per_hour: int = 200
    syncs_per_hour: int = 500
    denials_per_hour: int = 100
    platform_requests_per_hour: int = 500
    comparisons_per_hour: int = 1000


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the environment; raises KeyError naming every variable that is missing."""
    given = {
        one.name: (one, os.environ[one.name.upper()]) for one in fields(Settings) if one.name.upper() in os.environ
    }
    found: dict[str, Any] = {name: int(text) if one.type is int else text for name, (one, text) in given.items()}
    missing = [one.name.upper() for one in fields(Settings) if one.default is MISSING and one.name not in found]
    if missing:
        raise KeyError(f"set these environment variables: {', '.join(missing)}")
    return Settings(**found)
