"""What makes pages is loaded when a page is asked for, and at no other cold start."""

import json
import os
import subprocess
import sys

from tests.unit.test_imports import ROOT

# Imports the application as Lambda does, then asks for a page; prints what is loaded after each.
PROBE = """
import json, sys
from app import app
started = sorted(sys.modules)
answer = app(json.load(sys.stdin), None)
print(json.dumps([answer["statusCode"], started, sorted(sys.modules)]))
"""

LOG_IN_PAGE = {
    "requestContext": {
        "httpMethod": "GET",
        "resourcePath": "/login",
        "path": "/login",
        "requestId": "1",
        "identity": {"sourceIp": "198.51.100.7"},
    },
    "headers": {},
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "body": None,
    "isBase64Encoded": False,
}


def test_starting_loads_the_addresses_of_the_panel_and_nothing_else_of_it() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PROBE],
        input=json.dumps(LOG_IN_PAGE),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    status, started, after = json.loads(finished.stdout)
    assert status == 200
    of_panel = {name for name in started if name.startswith("chalicelib.web.panel")}
    assert of_panel == {"chalicelib.web.panel", "chalicelib.web.panel.routes"}
    assert not {"jinja2", "markupsafe"} & set(started)
    assert {"jinja2", "chalicelib.web.panel.frame", "chalicelib.web.panel.views.log_in"} <= set(after)
    assert not [name for name in after if name.startswith("chalicelib.web.panel.views.data")]
    assert not {"chalicelib.web.openapi", "chalicelib.web.operator"} & set(after)
