"""Uploads and downloads through what is signed, with requests; and the AWS SDK sees what was stored, and by whose sum."""

import base64
import hashlib
import os

import boto3
import requests
from botocore.config import Config

EDGE, TENANT = os.environ["EDGE"], os.environ["TENANT"]
HEADERS = {"Authorization": "Bearer " + os.environ["TOKEN"], "X-Tenant-Id": TENANT, "X-Env": os.environ["ENV"]}
BUCKET = os.environ["S3_BUCKET"]

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_ENDPOINT"],
    region_name="us-east-1",
    aws_access_key_id=os.environ["S3_ID"],
    aws_secret_access_key=os.environ["S3_SECRET"],
    config=Config(s3={"addressing_style": "path"}),
)


def same(said, expected):
    assert said == expected, f"{said!r}, not {expected!r}"


def asks(method, path, status, **body):
    answer = requests.request(method, EDGE + path, headers=HEADERS, timeout=20, **body)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


def promise(data, filename, content_type):
    return {"filename": filename, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "content_type": content_type}


def stored(key, data, content_type):
    head = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    same((head["ContentLength"], head["ContentType"]), (len(data), content_type))
    same(head["ChecksumSHA256"], base64.b64encode(hashlib.sha256(data).digest()).decode())
    same(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), data)


def downloaded(path, data):
    download = asks("GET", path, 200)["download"]
    same(requests.request(download["method"], download["url"], timeout=20).content, data)


# A raw file by PUT.
data = os.urandom(100_000)
said = asks("POST", "/nexus/raw-storage/presign", 201, json=promise(data, "photo.png", "image/png"))
upload = said["upload"]
same(requests.request(upload["method"], upload["url"], headers=upload["headers"], data=data, timeout=20).status_code, 200)
same(asks("POST", "/nexus/raw-storage/register", 200, json={"asset_id": said["asset_id"]})["status"], "ready")
stored(said["key"], data, "image/png")
downloaded(f"/nexus/raw-storage/{said['asset_id']}", data)

# A raw file by a form, as a browser would send it.
data = os.urandom(1_000)
said = asks("POST", "/nexus/raw-storage/presign", 201, json={**promise(data, "form.png", "image/png"), "as": "form"})
upload = said["upload"]
answer = requests.post(upload["url"], data=upload["fields"], files={"file": data}, timeout=20)
assert answer.status_code in (200, 201, 204), answer.text
asks("POST", "/nexus/raw-storage/register", 200, json={"asset_id": said["asset_id"]})
stored(said["key"], data, "image/png")

# An artifact of a canvas.
data = os.urandom(10_000)
wish = {"kind": "export", "canvas_id": os.environ["CANVAS"], **promise(data, "page.pdf", "application/pdf")}
said = asks("POST", "/artifacts", 201, json=wish)
upload = said["upload"]
same(requests.put(upload["url"], headers=upload["headers"], data=data, timeout=20).status_code, 200)
same(asks("POST", f"/artifacts/{said['artifact_id']}/register", 200)["status"], "ready")
stored(f"tenants/{TENANT}/dev/artifacts/export/{said['artifact_id']}", data, "application/pdf")
downloaded(f"/artifacts/{said['artifact_id']}", data)
