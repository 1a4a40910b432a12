"""Which partitions of the table there are, as IAM compares their keys (`dynamodb:LeadingKeys`, decision 0104).

A `?` is one character and a `*` any number: an id's length is spelt out where a longer key is another partition.
"""

_ULID = "?" * 26

# An account itself, its connections, sources, jobs and snapshots.
ACCOUNT = f"ACCOUNT#acc_{_ULID}"
JOB = f"{ACCOUNT}#JOB#job_{_ULID}"
ACTIVITY = f"{ACCOUNT}#ACTIVITY"
ALLOWANCES = f"{ACCOUNT}#ALLOWANCES"
ANSWERS = f"{ACCOUNT}#IDEMPOTENCY"
SLOTS = f"{ACCOUNT}#SLOTS"
USER = "USER#*"
STATE = "STATE#*"
ADDRESS = "ADDRESS#*"

# Partitions of index 2 that are the system's own.
OPEN = "OPEN"
DUE = "DUE"
HELD = "SLOT"
