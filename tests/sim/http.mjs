// An HTTP server that misbehaves on request: GET /503 answers 503; /429?after=1 with Retry-After; /flaky?fail=2 fails
// twice and then answers 200; /hang never answers; /drop closes after the request; /big?bytes=n; /count tells how many
// requests each path got; /notify answers Graph's handshake; anything else is answered with what was received. Prints its port.
import { createServer } from "node:http";

const counts = {};
const server = createServer((req, res) => {
    const url = new URL(req.url, "http://x");
    const path = url.pathname;
    counts[path] = (counts[path] ?? 0) + 1;
    let body = "";
    req.on("data", (d) => (body += d));
    req.on("end", () => {
        const after = url.searchParams.get("after");
        if (path === "/count") return res.end(JSON.stringify(counts));
        if (path === "/hang") return;
        if (path === "/notify" && url.searchParams.has("validationToken"))
            return res.writeHead(200, { "content-type": "text/plain" }).end(url.searchParams.get("validationToken"));
        if (path === "/drop") return req.socket.destroy();
        if (path === "/moved") return res.writeHead(302, { location: "/count" }).end();
        if (path === "/big") return res.end("x".repeat(Number(url.searchParams.get("bytes"))));
        const failing = path.startsWith("/flaky") && counts[path] <= Number(url.searchParams.get("fail"));
        const status = failing ? 503 : /^\/\d{3}$/.test(path) ? Number(path.slice(1)) : 200;
        res.writeHead(status, { "content-type": "application/json", ...(after && { "retry-after": after }) });
        res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body, port: req.socket.remotePort }));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
