"""AWS's own runtime client, with a word in the log after each invocation; put into the local copy of each zip.

MiniStack holds every answer back for 50 ms in case a function that has logged nothing is still about to.
"""

import sys

from awslambdaric import bootstrap  # type: ignore[import-untyped]
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # type: ignore[import-untyped]


class _Talking(LambdaRuntimeClient):  # type: ignore[misc]  # it comes without types
    def wait_next_invocation(self) -> object:
        print(flush=True)
        return super().wait_next_invocation()


if __name__ == "__main__":
    import os

    bootstrap.run(sys.argv[1], _Talking(os.environ["AWS_LAMBDA_RUNTIME_API"], use_thread_for_polling_next=False))
