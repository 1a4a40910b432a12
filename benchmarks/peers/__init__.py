"""The tools ListBackup is measured beside, each in an environment of its own."""
