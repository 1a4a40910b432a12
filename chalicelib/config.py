"""What a deployment is told through its environment, validated once."""

from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One deployment's names; a missing one is an error at the first use, not a guess."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

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
    oauth_redirect_base: str
    app_origins: str = ""
    state_machine_arn: str = ""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the environment; raises pydantic's ValidationError naming every variable that is missing."""
    return Settings()
