"""ListBackup: what was in the SaaS platform can be seen, compared, searched, exported and put back."""
