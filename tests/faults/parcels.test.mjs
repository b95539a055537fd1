// A burst of webhooks about parcels, with the worker killed twice on the way: each scan is on its timeline once, and each
// customer is told what the table says of the changes, once.
import assert from "node:assert/strict";
import { burst } from "../burst.mjs";
import { check, eventually, finish } from "../checks.mjs";
import { children, kill, master } from "./faults.mjs";

check("a burst tells each customer what the table says, once, with the worker killed twice", async () => {
    const all = children(master("track-worker")).length;
    const killed = async (after, posted) => {
        await eventually(`${after} webhooks are taken`, () => posted() >= after);
        children(master("track-worker")).forEach((pid) => kill(pid));
        await eventually("new children are there", () => children(master("track-worker")).length === all);
    };
    const told = await burst({ name: "burst", parcels: 60, during: async (posted) => {
        await killed(100, posted);
        await killed(250, posted);
    } });
    assert.deepEqual([told.webhooks, told.scans], [396, 360]);
    assert.ok(told.changes >= told.parcels, String(told.changes));
    assert.deepEqual(told.decided, told.due);
    assert.deepEqual(told.unsettled, []);
    assert.deepEqual(told.posted, told.sent);
    assert.ok(told.sent.length >= told.parcels, String(told.sent.length)); // each was delivered
});

await finish();
