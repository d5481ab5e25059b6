// The official library of Standard Webhooks verifies what a receiver got.
import assert from "node:assert";
import { Webhook } from "standardwebhooks";

const { SECRET, BODY, HEADERS } = process.env;
const headers = JSON.parse(HEADERS);
const webhook = new Webhook(SECRET);
assert.deepStrictEqual(webhook.verify(BODY, headers), JSON.parse(BODY));
assert.throws(() => webhook.verify(`${BODY} `, headers));
assert.throws(() => webhook.verify(BODY, { ...headers, "webhook-id": "another" }));
assert.throws(() => new Webhook("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").verify(BODY, headers));
