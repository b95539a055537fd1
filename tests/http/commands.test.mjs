// trackctl against a running instance: import, people and clients, provider accounts, reports of its own mistakes.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { api, base, check, communications, ctl, finish, sim, tenantNew, token, trackctl, trackctlFed } from "../checks.mjs";
import { csv, pdf, rows, statements } from "../fixtures/billing.mjs";

const folder = mkdtempSync(join(tmpdir(), "track-commands."));
const tenant = tenantNew("commands");
const call = api(await token("admin", tenant));
const made = rows("CMD-1", 2025, 4);
const [file, zip, other] = ["list.csv", "list.zip", "other.csv"].map((name) => join(folder, name));
writeFileSync(file, csv(made));
writeFileSync(zip, statements(made));

check("import --preview --json tells what a file holds and writes nothing", async () => {
    writeFileSync(other, csv([...made.slice(0, 1), { ...made[1], email: "nobody", attachment: "" }]));
    const run = trackctl("import", other, "--attachments", zip, "--preview", "--json", "--tenant", tenant);
    const { rows: count, units, channels, errors } = JSON.parse(run.stdout);
    assert.deepEqual([count, units, channels], [2, 1, { EMAIL: 1 }]);
    assert.deepEqual(errors.map(({ line, column, value }) => [line, column, value]), [[3, "email", "nobody"]]);
    assert.deepEqual((await call("GET", "/api/track/buildings")).body.buildings, []);
    assert.deepEqual((await call("GET", "/api/track/imports")).body.imports, []);
});

check("import takes a file and its zip, and once more changes nothing", async () => {
    for (let i = 0; i < 2; i++) assert.equal(trackctl("import", file, "--attachments", zip, "--tenant", tenant).status, 0);
    const { buildings } = (await call("GET", "/api/track/buildings")).body;
    assert.deepEqual(buildings.map((b) => [b.code, b.waiting]), [["CMD-1", 4]]);
    const all = await communications(call, { buildingId: buildings[0].buildingId, year: 2025 });
    assert.deepEqual(all.map((one) => one.attachments.length), [1, 1, 1, 1]);
});

check("import takes attachments from a folder", async () => {
    const list = rows("CMD-2", 2024, 2);
    for (const row of list) {
        const path = join(folder, "files", row.attachment);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, pdf(row.reference));
    }
    writeFileSync(other, csv(list));
    const run = trackctl("import", other, "--attachments", join(folder, "files"), "--tenant", tenant);
    assert.equal(run.status, 0, run.stderr);
    const building = (await call("GET", "/api/track/buildings")).body.buildings.find((b) => b.code === "CMD-2");
    const [one] = await communications(call, { buildingId: building.buildingId, year: 2024 });
    assert.equal((await call("GET", one.attachments[0].href)).text, pdf(list[0].reference).toString());
});

check("mistakes are said in words, with a status of their own", () => {
    for (const [args, expected] of [
        [["import", join(folder, "nowhere.csv"), "--tenant", tenant], /nowhere\.csv/],
        [["import", file, "--tenant", "nobody-here"], /tenant/],
        [["user", "add", "not-an-address", "--tenant", tenant, "--role", "admin"], /e-?mail|address/i],
        [["user", "add", "a@example.com", "--tenant", tenant, "--role", "king"], /viewer, agent, admin, owner/],
        [["client", "add", "c", "--tenant", tenant, "--role", "viewer", "--building", "NO-SUCH"], /NO-SUCH/],
        [["client", "add", "c", "--tenant", tenant, "--role", "viewer", "--days", "366"], /--days is a number from 1 to 365/],
        [["provider", "add", "front", "--tenant", tenant, "--name", "x", "--set", "endpoint=https://10.1.2.3"], /^endpoint: is at a private address[^]*^apiToken: is missing/m],
        [["provider", "check", "018f0000-0000-7000-8000-000000000001", "--tenant", tenant], /provider list names them/],
        [["provider", "add", "smtp", "--tenant", tenant, "--name", "x", "--set", "host"], /key=value/],
        [["provider", "add", "smtp", "--tenant", tenant, "--name", "x", "--set", "host=10.1.2.3", "--set", "from=a@example.com"], /^host: is at a private address, which the setting TRACK_EGRESS_ALLOW/m],
        [["provider", "add", "smtp", "--tenant", tenant, "--name", "x", "--set", "host=localhost", "--set", "port=x", "--set", "security=no"], /^host: .*private[^]*^port: is not a number[^]*^security: is one of none[^]*^from: is missing/m],
        [["provider", "add", "acs", "--tenant", tenant, "--name", "x", "--set", "endpoint=https://127.0.0.1:9", "--set", "from=+1"], /^endpoint: is at a private address/m],
        [["provider", "add", "twilio", "--tenant", tenant, "--name", "x", "--set", "endpoint=http://example.com", "--set", "accountSid=AC1"], /^endpoint: is no address of https/m],
        [["provider", "set", "01970000-0000-7000-8000-000000000001", "--tenant", tenant, "--on"], /no account/],
        [["tenant", "add", "Not A Slug", "--name", "x"], /./],
    ]) {
        const run = trackctl(...args);
        assert.equal(run.status, 1, `${args.join(" ")}: ${run.status} ${run.stderr}`);
        assert.match(run.stderr, expected);
    }
    assert.equal(trackctl("frobnicate").status, 2);
    assert.equal(trackctl("import").status, 2);
});

check("a secret comes from standard input and is shown nowhere", () => {
    const run = trackctlFed("very-secret-word\n", "provider", "add", "smtp", "--tenant", tenant, "--name", "Mail", "--set", "host=mail.example.com", "--set", "from=office@example.com", "--secret", "password=-", "--json");
    assert.equal(run.status, 0, run.stderr);
    const shown = ctl("provider", "list", "--tenant", tenant, "--json");
    assert.doesNotMatch(JSON.stringify(shown), /very-secret/);
    assert.match(JSON.stringify(shown), /mail\.example\.com/);
});

check("an account is changed, switched off and on, and never made one that cannot be reached", () => {
    const { id } = ctl("provider", "add", "smtp", "--tenant", tenant, "--name", "Old", "--set", "host=mail.example.com", "--set", "port=25", "--set", "from=a@example.com", "--secret", "password=p", "--json");
    const shown = () => ctl("provider", "list", "--tenant", tenant, "--json").find((one) => one.id === id);
    const refused = trackctl("provider", "set", id, "--tenant", tenant, "--name", "New", "--set", "host=192.168.1.1");
    assert.deepEqual([refused.status, /^host: .*private/m.test(refused.stderr), shown().name], [1, true, "Old"], refused.stderr);
    ctl("provider", "set", id, "--tenant", tenant, "--name", "New", "--set", "port=", "--set", "security=tls", "--off");
    assert.deepEqual([shown().name, shown().enabled, shown().hasSecrets, shown().settings], ["New", false, true, { host: "mail.example.com", from: "a@example.com", security: "tls" }]);
    ctl("provider", "set", id, "--tenant", tenant, "--on", "--secret", "password=");
    assert.deepEqual([shown().enabled, shown().hasSecrets], [true, false]);
});

check("Front is asked whose a token is", async () => {
    const front = await sim("front", process.env.FRONT_PORT);
    const { id } = ctl("provider", "add", "front", "--tenant", tenant, "--name", "Shop", "--set", `endpoint=http://127.0.0.1:${front.port}`, "--secret", "apiToken=simulated-front-token-0001", "--json");
    assert.deepEqual(ctl("provider", "check", id, "--tenant", tenant, "--json"), { account: "Acme Shop" });
    ctl("provider", "set", id, "--tenant", tenant, "--secret", "apiToken=another");
    const refused = trackctl("provider", "check", id, "--tenant", tenant);
    assert.deepEqual([refused.status, /refused the account's token: Invalid token/.test(refused.stderr)], [1, true], refused.stderr);
    const mail = ctl("provider", "list", "--tenant", tenant, "--json").find((one) => one.provider === "smtp" && one.enabled);
    assert.match(trackctl("provider", "check", mail.id, "--tenant", tenant).stderr, /this is one of smtp/);
    await front.end();
});

check("a client lives as long as it is given, and is listed with its end", async () => {
    const name = `brief-${process.pid}`;
    const { clientId, expiresAt } = ctl("client", "add", name, "--tenant", tenant, "--role", "viewer", "--days", "30", "--json");
    assert.ok(Math.abs(new Date(expiresAt) - Date.now() - 30 * 86400e3) < 60e3, expiresAt);
    const listed = ctl("client", "list", "--tenant", tenant, "--json").find((one) => one.id === clientId);
    assert.deepEqual([listed.name, listed.state, listed.expiresAt], [name, "good", expiresAt]);
});

check("a client that is revoked is out at once", async () => {
    const { clientId, clientSecret } = ctl("client", "add", `gone-${process.pid}`, "--tenant", tenant, "--role", "viewer", "--json");
    const ask = () => fetch(`${base}/api/auth/token`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ clientId, clientSecret }) });
    const bearer = api((await (await ask()).json()).access_token);
    assert.equal((await bearer("GET", "/api/track/buildings")).status, 200);
    ctl("client", "revoke", clientId);
    assert.equal((await bearer("GET", "/api/track/buildings")).status, 401);
    assert.equal((await ask()).status, 401);
});

check("every statement of the product fits the schema", () => {
    assert.match(ctl("check-sql"), /^\d+ statements, 0 bad$/m);
});

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await finish();
