// What nginx and the pools show to the outside: health, problems, headers, files.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { api, base, check, finish, person, token, trackctl } from "../checks.mjs";

const get = (path, headers = {}) => fetch(base + path, { headers, redirect: "manual" });

check("/healthz and /readyz answer without a login", async () => {
    assert.equal((await get("/healthz")).status, 200);
    const ready = await get("/readyz");
    assert.equal(ready.status, 200);
    assert.match(ready.headers.get("content-type"), /application\/json/);
});

check("a page without a session leads to the login and back", async () => {
    const answer = await get("/track?year=2025");
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), "/login?next=%2Ftrack%3Fyear%3D2025");
});

check("the bare address leads to the first page, an unknown one to a page that says so", async () => {
    const answer = await get("/");
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/track"]);
    const unknown = await get("/nothing", { accept: "text/html" });
    assert.equal(unknown.status, 404);
    assert.match(unknown.headers.get("content-type"), /^text\/html/);
});

check("who is signed in keeps the frame around an address that is not there; the API keeps its document", async () => {
    const go = await person("viewer", "demo");
    const ask = (path, accept, method = "GET") => fetch(base + path, { method, headers: { cookie: go.cookies(), accept } });
    for (const [path, status] of [["/nothing/at/all", 404], ["/track/batches/x/send", 405]]) {
        const answer = await ask(path, "text/html");
        const page = await answer.text();
        assert.deepEqual([answer.status, /<nav class="nav"/.test(page), /<a [^>]*href="\/track"[^>]*>Back to Track/.test(page)], [status, true, true], path);
        assert.ok(!(await (await get(path, { accept: "text/html" })).text()).includes("<nav"), "nobody has no frame");
    }
    for (const [path, accept] of [["/api/nothing", "text/html"], ["/nothing", "application/json"]])
        assert.match((await ask(path, accept)).headers.get("content-type"), /^application\/problem\+json/, path);
});

check("what takes nothing refuses what it is given, by name", async () => {
    const call = api(await token("admin"));
    const send = "/api/track/batches/01970000-0000-7000-8000-000000000001/send";
    for (const [method, path, body, field] of [["POST", send, { channel: "EMAIL" }, "channel"], ["POST", "/api/track/bulk/01970000-0000-7000-8000-000000000001/pause", { note: "x" }, "note"], ["GET", "/api/track/exports?after=x", undefined, "after"]]) {
        const answer = await call(method, path, body);
        assert.deepEqual([answer.status, answer.body.errors?.[0].field], [422, field], `${method} ${path}`);
    }
    assert.equal((await call("POST", send, {})).status, 404);
    assert.equal((await call("POST", send)).status, 404);
});

check("the API without a token answers a problem document", async () => {
    const answer = await get("/api/track/buildings");
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
    const problem = await answer.json();
    assert.equal(problem.status, 401);
    assert.ok(problem.title);
});

check("an unknown path is 404, a wrong method 405 with Allow", async () => {
    assert.equal((await get("/api/nothing")).status, 404);
    const answer = await fetch(`${base}/healthz`, { method: "POST" });
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get("allow"), /GET/);
});

check("HTML carries the policy that forbids inline script", async () => {
    const answer = await get("/login");
    assert.equal(answer.status, 200);
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(answer.headers.get("x-request-id"));
    assert.doesNotMatch(await answer.text(), /<script>|style="/);
});

check("a form may come from any name of this machine, and from no other", async () => {
    const port = new URL(base).port;
    const from = async (origin) =>
        (await fetch(`${base}/login`, { method: "POST", redirect: "manual", headers: { origin, "content-type": "application/x-www-form-urlencoded" }, body: "email=a%40b.ch&password=x" })).text();
    for (const origin of [base, `http://localhost:${port}`]) assert.doesNotMatch(await from(origin), /another site/);
    for (const origin of ["http://localhost:1", `http://localhost.evil.example:${port}`, "https://evil.example", "null"])
        assert.match(await from(origin), /another site/);
});

check("blobs and the sources of the front end are not served", async () => {
    assert.equal((await get("/_blobs/")).status, 404);
    assert.equal((await get("/static/package.json")).status, 404);
    assert.equal((await get("/static/base.css")).status, 200);
});

check("a repeated security header is refused", async () => {
    const { connect } = await import("node:net");
    const answer = await new Promise((resolve, reject) => {
        const socket = connect(Number(new URL(base).port), "127.0.0.1", () =>
            socket.write("GET /api/track/buildings HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\nCookie: a=2\r\nConnection: close\r\n\r\n"));
        let text = "";
        socket.on("data", (data) => (text += data));
        socket.on("end", () => resolve(text));
        socket.on("error", reject);
    });
    assert.match(answer, /^HTTP\/1.1 400/);
});

check("a flood of logins from one address is stopped, and nobody else", async () => {
    const post = (localAddress) => new Promise((resolve, reject) =>
        request(`${base}/login`, { method: "POST", localAddress, headers: { "content-length": 0 } }, (answer) => answer.resume().on("end", () => resolve(answer)))
            .on("error", reject).end());
    const answers = await Promise.all(Array.from({ length: 150 }, () => post("127.0.0.2")));
    const stopped = answers.filter((answer) => answer.statusCode === 429);
    assert.ok(stopped.length > 0 && stopped.length <= 100, `${stopped.length} of 150`);
    assert.equal(stopped[0].headers["retry-after"], "2");
    assert.match(stopped[0].headers["content-type"], /problem\+json/);
    assert.notEqual((await post("127.0.0.1")).statusCode, 429);
});

check("the OpenAPI document names every part, and answers 304 to its ETag", async () => {
    const bearer = { authorization: `Bearer ${await token("viewer")}` };
    const answer = await get("/api/openapi.json", bearer);
    assert.equal(answer.status, 200);
    const document = await answer.json();
    assert.equal(document.openapi, "3.1.0");
    assert.ok(document.paths["/api/track/buildings"].get);
    assert.ok(document.paths["/api/track/batches/{batchId}/send"].post);
    const again = await get("/api/openapi.json", { ...bearer, "if-none-match": answer.headers.get("etag") });
    assert.equal(again.status, 304);
});

check("a body that is not JSON, too deep or too large is refused by name", async () => {
    const send = (body, type = "application/json") =>
        fetch(`${base}/api/auth/token`, { method: "POST", headers: { "content-type": type }, body });
    const broken = await send('{"clientId" 1}');
    assert.equal(broken.status, 400);
    assert.deepEqual((await broken.json()).errors, [{ field: "body", message: "is not valid JSON: colon expected at byte 12" }]);
    assert.deepEqual((await (await send("[]")).json()).errors, [{ field: "body", message: "is not a JSON object" }]);
    assert.equal((await send("[".repeat(40) + "]".repeat(40))).status, 400);
    assert.equal((await send("<a/>", "text/xml")).status, 415);
    const large = await send(`{"clientId": "${"x".repeat(2 << 20)}"}`);
    assert.equal(large.status, 413);
    assert.match(large.headers.get("content-type"), /^application\/problem\+json/);
    const unknown = await send('{"clientId": "x", "clientSecret": "y", "role": "owner"}');
    assert.equal(unknown.status, 422);
    assert.deepEqual((await unknown.json()).errors.map((error) => error.field), ["role"]);
    const long = await api(await token("agent"))("POST", "/api/track/views", { name: "long", q: "x".repeat(70_000) });
    assert.equal(long.status, 422);
    assert.deepEqual(long.body.errors, [{ field: "q", message: "is longer than 64 KiB" }]);
    const many = await api(await token("agent"))("POST", "/api/track/bulk", { action: "hold", ids: Array(20_000).fill(1) });
    assert.equal(many.status, 422);
    assert.deepEqual(many.body.errors, [{ field: "ids", message: "has too many values (at most 10000 in all)" }]);
});

// nginx keeps what comes before anybody is asked who sends it.
check("one address holds few uploads open, and pages go on", async () => {
    const { hostname, port } = new URL(base);
    const held = Array.from({ length: 12 }, () => connect(port, hostname));
    const head = `POST /api/track/imports HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n`;
    try {
        await Promise.all(held.map((one) => once(one, "connect")));
        const answers = held.map((one) => once(one, "data").then(([bytes]) => String(bytes)));
        held.forEach((one) => one.write(`${head}\r\n`));
        assert.match(await Promise.race(answers), /^HTTP\/1.1 429 /);
        assert.equal((await fetch(`${base}/import`, { redirect: "manual" })).status, 303);
    } finally {
        held.forEach((one) => one.destroy());
    }
});

check("a wrong setting stops a program with its name", async () => {
    process.env.TRACK_WEB_CHILDRENS = "3";
    const unknown = trackctl("settings");
    delete process.env.TRACK_WEB_CHILDRENS;
    assert.notEqual(unknown.status, 0);
    assert.match(unknown.stderr, /TRACK_WEB_CHILDRENS/);
    const settings = trackctl("settings");
    assert.equal(settings.status, 0);
    assert.match(settings.stdout, /TRACK_SECRET_KEY=\(hidden\)/);
});

await finish();
