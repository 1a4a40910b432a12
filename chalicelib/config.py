"""What a deployment is told through its environment, read once."""

import os
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment's names, each from the variable of its name in capitals."""

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


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the environment; raises KeyError naming every variable that is missing."""
    found = {one.name: os.environ[one.name.upper()] for one in fields(Settings) if one.name.upper() in os.environ}
    missing = [one.name.upper() for one in fields(Settings) if one.default is MISSING and one.name not in found]
    if missing:
        raise KeyError(f"set these environment variables: {', '.join(missing)}")
    return Settings(**found)
