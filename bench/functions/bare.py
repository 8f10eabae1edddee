"""The same log-in without any framework or checks; prints the milliseconds it took.

The same calls to AWS with the same client settings, the same hash, the same token: what a function
that only has to be fast could look like.
"""

import os
import sys
import time

sys.path.insert(0, os.environ["BENCH_PACKAGE"])

began = time.perf_counter()

import json
import secrets

import botocore.session
import jwt
from botocore.config import Config
from nacl.pwhash import argon2id

session = botocore.session.get_session()
config = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    parameter_validation=False,
)
dynamodb = session.create_client("dynamodb", region_name=os.environ["AWS_REGION"], config=config)

login, now = os.environ["BENCH_LOGIN"], int(time.time())
throttles, credentials = os.environ["THROTTLES_TABLE"], os.environ["CREDENTIALS_TABLE"]
dynamodb.update_item(
    TableName=throttles,
    Key={"key": {"S": f"bare#{login}"}},
    UpdateExpression="SET last_at = :now, expires_at = :end ADD attempts :one",
    ConditionExpression="attribute_not_exists(attempts) OR attempts < :most",
    ExpressionAttributeValues={
        ":now": {"N": str(now)},
        ":end": {"N": str(now + 7200)},
        ":one": {"N": "1"},
        ":most": {"N": "100000"},
    },
    ReturnValues="ALL_NEW",
)
found = dynamodb.batch_get_item(
    RequestItems={
        credentials: {"ConsistentRead": True, "Keys": [{"login_key": {"S": login}}]},
        throttles: {
            "ConsistentRead": True,
            "Keys": [{"key": {"S": "network#bare"}}, {"key": {"S": f"login#{login}"}}],
        },
    }
)
credential = found["Responses"][credentials][0]
argon2id.verify(credential["password_hash"]["S"].encode(), os.environ["BENCH_PASSWORD"].encode())
session_id = secrets.token_urlsafe(12)
dynamodb.update_item(
    TableName=os.environ["ACCOUNTS_TABLE"],
    Key={"account_id": credential["account_id"]},
    UpdateExpression="SET bare_session = :entry",
    ConditionExpression="password_version = :version",
    ExpressionAttributeValues={
        ":entry": {"M": {"id": {"S": session_id}, "created_at": {"N": str(now)}, "network": {"S": "bench"}}},
        ":version": credential["password_version"],
    },
    ReturnValues="ALL_NEW",
)
manager = session.create_client("secretsmanager", region_name=os.environ["AWS_REGION"], config=config)
secret = manager.get_secret_value(SecretId=os.environ["SIGNING_SECRET_ARN"], VersionStage="AWSCURRENT")
claims = {"sub": credential["account_id"]["S"], "sid": session_id, "exp": now + 3600}
token = jwt.encode(claims, secret["SecretString"], "HS256", headers={"kid": secret["VersionId"]})
json.dumps({"token": token})
print((time.perf_counter() - began) * 1000)
