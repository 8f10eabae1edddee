"""The first log-in through our function; prints the milliseconds it took."""

import os
import sys
import time

sys.path.insert(0, os.environ["BENCH_PACKAGE"])

began = time.perf_counter()

import json

from app import app

event = {
    "requestContext": {
        "httpMethod": "POST",
        "resourcePath": "/v1/sessions",
        "identity": {"sourceIp": "198.51.100.7"},
    },
    "headers": {"content-type": "application/json", "user-agent": "bench"},
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "body": json.dumps({"login": os.environ["BENCH_LOGIN"], "password": os.environ["BENCH_PASSWORD"]}),
    "isBase64Encoded": False,
}
answer = app(event, None)
taken = time.perf_counter() - began
if answer["statusCode"] != 201:
    sys.exit(f"not logged in: {answer}")
print(taken * 1000)
