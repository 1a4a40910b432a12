"""ListBackup: what was in a SaaS platform, as of any snapshot, kept where nobody else sees it."""
