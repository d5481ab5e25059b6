"""Python's `websockets`, as its makers ship it: subscribes, publishes, and resumes on another edge."""

import json
import os
import uuid

import requests
from websockets.sync.client import connect

EDGE, OTHER_EDGE = os.environ["EDGE"], os.environ["OTHER_EDGE"]
HEADERS = {
    "Authorization": "Bearer " + os.environ["TOKEN"],
    "X-Tenant-Id": os.environ["TENANT"],
    "X-Env": os.environ["ENV"],
}
HOME = {"workspace_id": "w", "project_id": "p", "app_id": "a", "surface_id": "s"}
WAIT_SECS = 20
thread_id = "t-" + uuid.uuid4().hex


def same(said, expected):
    assert said == expected, f"{said!r}, not {expected!r}"


def opens(edge):
    return connect(edge.replace("http", "ws") + "/ws", additional_headers=HEADERS)


def hears(socket):
    return json.loads(socket.recv(timeout=WAIT_SECS))


def asks(socket, frame):
    """Sends a frame; gives what comes before its answer, and the answer."""
    socket.send(json.dumps(frame))
    before = []
    while True:
        said = hears(socket)
        if said.get("id") == frame["id"] and "v" not in said:
            return before, said
        before.append(said)


def says(text):
    data = {"text": text}
    return {"id": text, "type": "publish", "thread_id": thread_id, "event": "chat_message", "data": data, "idempotency_key": text}


answer = requests.post(f"{EDGE}/threads", json={**HOME, "thread_id": thread_id}, headers=HEADERS, timeout=WAIT_SECS)
same(answer.status_code, 201)

with opens(EDGE) as socket:
    _, subscribed = asks(socket, {"id": "s", "type": "subscribe", "thread_id": thread_id, "cursor": None})
    same((subscribed["type"], subscribed["thread_id"]), ("subscribed", thread_id))
    same(asks(socket, {"id": "x", "type": "subscribe", "thread_id": "of-nobody"})[1]["code"], "NOT_FOUND")
    before, acknowledged = asks(socket, says("one"))
    event = before[0] if before else hears(socket)
    same((event["type"], event["seq"], event["data"]["text"]), ("chat_message", 1, "one"))
    same(acknowledged["type"], "ack")
    socket.ping().wait(WAIT_SECS)

with opens(EDGE) as socket:
    for text in ["two", "three"]:
        same(asks(socket, says(text))[1]["type"], "ack")

with opens(OTHER_EDGE) as socket:
    cursor = event["meta"]["cursor"]
    _, resumed = asks(socket, {"id": "s", "type": "subscribe", "thread_id": thread_id, "cursor": cursor})
    same(resumed["resumed"], True)
    same([(missed["seq"], missed["data"]["text"]) for missed in (hears(socket), hears(socket))], [(2, "two"), (3, "three")])
    same(asks(socket, {"id": "p", "type": "ping"})[0], [])
