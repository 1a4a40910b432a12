"""Measures ListBackup beside the tools it is compared with: same pages, same machine, one run."""
