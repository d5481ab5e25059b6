// OpenFeature's server SDK with its official OFREP provider, as their makers ship them.

import assert from "node:assert/strict";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const { EDGE, TOKEN, TENANT, ENV } = process.env;

/** A client of its own for a token and an env. */
async function client(token, env) {
  const headers = [["Authorization", `Bearer ${token}`], ["X-Tenant-Id", TENANT], ["X-Env", env]];
  const domain = `${token}-${env}`;
  await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl: EDGE, headers }));
  return OpenFeature.getClient(domain);
}

async function set(flags) {
  const headers = { Authorization: `Bearer ${TOKEN}`, "X-Tenant-Id": TENANT, "X-Env": ENV, "Content-Type": "application/json" };
  const answer = await fetch(`${EDGE}/feature-flags`, { method: "PUT", headers, body: JSON.stringify({ flags }) });
  assert.equal(answer.status, 200, await answer.text());
}

const flags = await client(TOKEN, ENV);
// The context names another tenant, which changes nothing.
const context = { targetingKey: "somebody", tenant_id: "t_system", email: "somebody@else.test" };

const on = await flags.getBooleanDetails("ws_enabled", false, context);
assert.deepEqual([on.value, on.reason, on.variant, on.flagMetadata.source], [true, "STATIC", "on", "default"]);
assert.equal(await flags.getStringValue("gesture_fanout", "nothing", context), "ws");

await set({ ws_enabled: false, gesture_fanout: "ws_sse" });
const off = await flags.getBooleanDetails("ws_enabled", true, context);
assert.deepEqual([off.value, off.variant, off.flagMetadata.source, off.flagMetadata.locked], [false, "off", "tenant", false]);
assert.equal(await flags.getStringValue("gesture_fanout", "nothing"), "ws_sse");
assert.equal(await (await client(TOKEN, "staging")).getBooleanValue("ws_enabled", false), true, "another env");

const unknown = await flags.getBooleanDetails("paint", true, context);
assert.deepEqual([unknown.value, unknown.errorCode], [true, "FLAG_NOT_FOUND"]);
const mismatch = await flags.getStringDetails("ws_enabled", "nothing", context);
assert.deepEqual([mismatch.value, mismatch.errorCode], ["nothing", "TYPE_MISMATCH"]);
const refused = await (await client("forged", ENV)).getBooleanDetails("ws_enabled", true, context);
assert.deepEqual([refused.value, refused.reason], [true, "ERROR"]);

await OpenFeature.close();
