"""OpenFeature's Python SDK with its official OFREP provider, as their makers ship them."""

import os

import requests
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

EDGE = os.environ["EDGE"]
HEADERS = {
    "Authorization": "Bearer " + os.environ["TOKEN"],
    "X-Tenant-Id": os.environ["TENANT"],
    "X-Env": os.environ["ENV"],
}


def same(said, expected):
    assert said == expected, f"{said!r}, not {expected!r}"


def sets(flags):
    answer = requests.put(f"{EDGE}/feature-flags", json={"flags": flags}, headers=HEADERS, timeout=10)
    same(answer.status_code, 200)


api.set_provider(OFREPProvider(EDGE, headers_factory=lambda: HEADERS))
flags = api.get_client()
# The context names another tenant, which changes nothing.
context = EvaluationContext("somebody", {"tenant_id": "t_system"})

on = flags.get_boolean_details("ws_enabled", False, context)
same((on.value, on.variant, str(on.reason), on.flag_metadata["source"]), (True, "on", "STATIC", "default"))
same(flags.get_string_value("gesture_log", "nothing", context), "keyframe")

sets({"ws_enabled": False, "gesture_log": "all"})
off = flags.get_boolean_details("ws_enabled", True, context)
same((off.value, off.variant, off.flag_metadata), (False, "off", {"source": "tenant", "locked": False}))
same(flags.get_string_value("gesture_log", "nothing"), "all")

unknown = flags.get_boolean_details("paint", True, context)
same((unknown.value, unknown.error_code.value), (True, "FLAG_NOT_FOUND"))
mismatch = flags.get_string_details("ws_enabled", "nothing", context)
same((mismatch.value, mismatch.error_code.value), ("nothing", "TYPE_MISMATCH"))
