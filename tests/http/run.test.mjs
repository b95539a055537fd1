// ./run itself: its one-line errors, a second start, trackctl from elsewhere, and that Ctrl-C leaves nothing behind.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, eventually, finish } from "../checks.mjs";

const root = new URL("../../", import.meta.url).pathname;
const preset = process.env.TRACK_TEST_PRESET;
const folder = mkdtempSync(join(tmpdir(), "track-run."));
chmodSync(folder, 0o755);
const data = join(folder, "var");
const env = { ...process.env };
for (const name of Object.keys(env)) if (name.startsWith("TRACK_")) delete env[name];

async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    return port;
}
const port = await freePort();
const words = (...more) => ["--yes", "--preset", preset, "--var", data, "--port", String(port), ...more];

// A start that is refused: says one line that matches, and leaves nothing running.
function refused(expected, args = words(), more = {}) {
    const run = spawnSync(`${root}run`, args, { encoding: "utf8", env: { ...env, ...more }, timeout: 60_000 });
    assert.notEqual(run.status, 0);
    assert.notEqual(run.status, null);
    assert.match(run.stderr, expected);
    assert.ok(run.stderr.trim().split("\n").length <= 2, run.stderr);
    assert.deepEqual(ours(), []);
}

// Processes whose command line or environment names this instance's folder.
function ours() {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((pid) => {
        try {
            return (readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8")).includes(data) && Number(pid) !== process.pid;
        } catch {
            return false;
        }
    });
}

// Starts it as a shell's foreground job would: {child, text(), seconds}.
async function start(args = words(), more = {}) {
    const began = Date.now();
    const child = spawn(`${root}run`, args, { env: { ...env, ...more }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (text += bytes));
    await eventually("it is up", () => {
        if (child.exitCode !== null) throw new Error(text);
        return text.includes("Ctrl-C stops it");
    }, 120);
    return { child, text: () => text, seconds: (Date.now() - began) / 1000 };
}

// Ctrl-C: the terminal sends SIGINT to the whole foreground group.
async function interrupt({ child }) {
    process.kill(-child.pid, "SIGINT");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await eventually("nothing is left", () => ours().length === 0);
    assert.ok(!existsSync(join(data, "pg/postmaster.pid")));
}

// Starts it, does the work, and interrupts it whatever came of the work.
async function running(work, ...how) {
    const one = await start(...how);
    try {
        await work(one);
    } finally {
        await interrupt(one);
    }
    return one;
}

const answers = async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;

check("a port that is no number, an unknown option, an unknown command", () => {
    refused(/--port: "many" is not a port/, ["--port", "many"]);
    refused(/unknown option --prot/, ["--prot", "1"]);
    refused(/unknown command strat/, ["strat"]);
});

check("a port in use", async () => {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    try {
        refused(new RegExp(`port ${port} is in use`));
    } finally {
        server.close();
    }
});

check("a folder that cannot be written", () => {
    writeFileSync(join(folder, "file"), "");
    refused(/cannot write to .*file\/var/, ["--yes", "--preset", preset, "--var", join(folder, "file/var"), "--port", String(port)]);
});

check("trackctl before the first start", () => {
    refused(/no instance in .*: start it with \.\/run/, words("trackctl", "settings"));
});

let first;
check("a first start prints the address and the administrator's password; Ctrl-C stops all of it", async () => {
    first = await running(async ({ text }) => {
        assert.match(text(), new RegExp(`Track Center: http://127.0.0.1:${port}\n`));
        assert.match(text(), /admin@example\.com, one-time password: \S+/);
        assert.equal(await answers("/readyz"), 200);
    });
});

check("a second start keeps the data, and says no password", async () => {
    await running(({ text, seconds }) => {
        console.log(`ok (first start ${first.seconds.toFixed(1)} s, second ${seconds.toFixed(1)} s)`);
        assert.doesNotMatch(text(), /password/);
        const list = spawnSync(`${root}run`, words("trackctl", "verify"), { encoding: "utf8", env, cwd: "/" });
        assert.equal(list.status, 0, list.stderr);
        assert.match(list.stdout, /^demo: [1-9]\d* communications, \d+ shipments?, [1-9]\d* events, .*: all as written/m);
    });
});

check("a first start that was cut short is completed by the next", async () => {
    rmSync(join(data, "first-start-done"));
    await running(({ text }) => assert.match(text(), /one-time password: \S+/));
});

check("an end by SIGTERM to ./run alone is as clean", async () => {
    const { child } = await start();
    child.kill("SIGTERM");
    await once(child, "exit");
    await eventually("nothing is left", () => ours().length === 0);
});

check("after a start that was killed with -9 the next one takes over", async () => {
    const { child } = await start();
    child.kill("SIGKILL");
    await eventually("the rest is gone", () => answers("/healthz").then(() => false, (error) => error.cause?.code === "ECONNREFUSED"));
    await running(async () => assert.equal(await answers("/readyz"), 200));
});

check("a second ./run on the same folder", async () => {
    const other = String(await freePort());
    await running(async () => {
        const run = spawnSync(`${root}run`, [...words().slice(0, -1), other], { encoding: "utf8", env });
        assert.equal(run.status, 1);
        assert.match(run.stderr, /another \.\/run uses/);
        assert.equal(await answers("/readyz"), 200);
    });
});

check("an unknown setting is named", () => {
    refused(/TRACK_WEB_CHILDRENS/, words(), { TRACK_WEB_CHILDRENS: "3" });
    refused(/TRACK_WEB_CHILDREN\b/, words(), { TRACK_WEB_CHILDREN: "many" });
});

check("a schema newer than the program is named and left alone", async () => {
    await running(() => {
        const place = `host=${data}/pgrun user=postgres dbname=track`;
        const later = "insert into schema_migrations (version, name, checksum) values (9999, '9999_later', 'x')";
        const added = spawnSync("/usr/lib/postgresql/15/bin/psql", ["-Xq", "-v", "ON_ERROR_STOP=1", place, "-c", later], { encoding: "utf8" });
        assert.equal(added.status, 0, added.stderr);
    });
    refused(/newer version/);
});

check("TRACK_DATABASE_URL uses a Postgres that is there, and leaves it running", async () => {
    const place = `host=${process.env.VAR}/pgrun`;
    const psql = (db, text) => spawnSync("/usr/lib/postgresql/15/bin/psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", `${place} user=postgres dbname=${db}`, "-c", text], { encoding: "utf8" });
    assert.equal(psql("postgres", "create database elsewhere owner track_owner").status, 0);
    const args = [...words(), "--var", join(folder, "elsewhere")];
    await running(async () => {
        assert.equal(await answers("/readyz"), 200);
        assert.equal(psql("elsewhere", "select slug from tenants").stdout, "demo\n");
        assert.ok(!existsSync(join(folder, "elsewhere/pg")));
    }, args, { TRACK_DATABASE_URL: `${place} dbname=elsewhere user=track_owner` });
    assert.equal(psql("elsewhere", "select 1").stdout, "1\n");
    refused(/Postgres|database/, args, { TRACK_DATABASE_URL: `host=${folder} dbname=nowhere user=track_owner` });
});

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await finish();
