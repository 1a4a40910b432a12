"""The one logger, tracer and metrics object of a process. No token, secret or record content goes into any of them."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
tracer = Tracer(auto_patch=False)
metrics = Metrics()
