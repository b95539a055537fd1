// Jira Cloud, as far as the product uses it: node jira.mjs [PORT]. Prints its port, and ends with its standard input
// (SIM_STAYS=1: it does not). One project, OPS; who asks is EMAIL with TOKEN below. For tests:
//   POST /control/faults  {name: n}  the next n calls that write or search: throttle (429 with retry-after), throttleReset (429
//                         with x-ratelimit-reset as text, a minute away), throttleBare (429 with neither), fail (500, nothing is
//                         done), failCreate (the same of the next that make one); the next n that make or comment: late (done, then 500), drop (done, then the connection
//                         breaks), garbage (done, answered with what is no JSON), html (done, answered as text/html); and:
//                         slow (ms before any answer), lag (ms until the index knows an issue; one that is reconciled it knows
//                         at once), anonymous (true: who is not known sees an empty site instead of a 401)
//   POST /control/issue   {key, done, gone}: closes or deletes one
//   GET  /control/state   {issues: [{id, key, fields, comments, done, gone}], searches, requests, refused}
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const EMAIL = "bot@acme.example", TOKEN = "simulated-jira-token-0001";
const KNOWN = `Basic ${Buffer.from(`${EMAIL}:${TOKEN}`).toString("base64")}`;
const state = { issues: [], searches: [], requests: 0, refused: 0, faults: {} };

const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;
const problem = (status, messages, errors = {}, headers = {}) => [status, { errorMessages: messages, errors }, headers];
const missing = () => problem(404, ["Issue does not exist or you do not have permission to see it."]);

// The Atlassian Document Format as far as it is checked: known nodes, no text that is empty.
function adf(node, top = true) {
    const nodes = { doc: ["paragraph", "bulletList", "codeBlock", "heading"], paragraph: ["text", "hardBreak"], bulletList: ["listItem"], listItem: ["paragraph"], codeBlock: ["text"], heading: ["text"] };
    if (top && (node?.type !== "doc" || node.version !== 1)) return false;
    if (node.type === "text") return typeof node.text === "string" && node.text !== "" && (node.marks ?? []).every((m) => ["strong", "em", "code", "link"].includes(m.type) && (m.type !== "link" || m.attrs?.href));
    if (node.type === "hardBreak") return true;
    return nodes[node.type] && Array.isArray(node.content) && node.content.every((one) => nodes[node.type].includes(one.type) && adf(one, false));
}

const words = (node) => (node.type === "text" ? node.text : (node.content ?? []).map(words).join(node.type === "doc" ? "\n" : ""));

function faulty(fields) {
    const errors = {};
    if (fields?.project?.key !== "OPS") errors.project = "Specify a valid project ID or key";
    if (!["Task", "Bug"].includes(fields?.issuetype?.name)) errors.issuetype = "Specify a valid issue type";
    if (!fields?.summary || /[\r\n]/.test(fields.summary)) errors.summary = "The summary is invalid because it contains newline characters.";
    else if ([...fields.summary].length > 255) errors.summary = "Summary must be less than 255 characters.";
    if (!adf(fields?.description)) errors.description = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
    if (fields?.labels?.some((label) => /\s/.test(label))) errors.labels = "The label can't contain spaces.";
    return Object.keys(errors).length ? errors : null;
}

function done(answer) {
    if (strikes("late")) return problem(500, ["Internal server error"]);
    if (strikes("drop")) return "drop";
    if (strikes("garbage")) return [answer[0], "{\"id\":"];
    if (strikes("html")) return [answer[0], "<!doctype html><title>Jira</title>", { "content-type": "text/html" }];
    return answer;
}

const address = (req, id) => `http://${req.headers.host}/rest/api/3/issue/${id}`;

function create(req, json) {
    if (strikes("failCreate")) return problem(500, ["Internal server error"]);
    const errors = faulty(json.fields);
    if (errors) return problem(400, [], errors);
    const id = String(10730 + state.issues.length + 1), key = `OPS-${411 + state.issues.length + 1}`;
    state.issues.push({ id, key, fields: json.fields, text: words(json.fields.description), comments: [], done: false, gone: false, at: Date.now() });
    return done([201, { id, key, self: address(req, id) }]);
}

// The one question that is asked here; what the index does not know yet is left out, but for what is reconciled.
function search(req, json) {
    state.searches.push(json);
    const [, project, label] = /^project = "(\w+)" AND labels = "([\w-]+)" AND statusCategory != Done ORDER BY created DESC$/.exec(json.jql) ?? [];
    if (!label) return problem(400, ["Error in the JQL Query"]);
    if (project !== "OPS") return problem(400, ["The value does not exist for the field 'project'."]);
    const known = (one) => Date.now() - one.at >= (state.faults.lag ?? 0) || json.reconcileIssues?.includes(Number(one.id));
    const found = state.issues.filter((one) => !one.gone && !one.done && known(one) && one.fields.labels.includes(label)).reverse().slice(0, json.maxResults);
    const shown = ({ id, key, fields: { summary, labels } }) => ({ id, key, self: address(req, id), ...(json.fields?.length && { fields: { summary, labels, status: { id: "10000", name: "To Do", statusCategory: { id: 2, key: "new", name: "To Do" } } } }) });
    return [200, { issues: found.map(shown), isLast: true }];
}

function comment(req, key, json) {
    const issue = state.issues.find((one) => one.key === key && !one.gone);
    if (!issue) return missing();
    if (!adf(json.body)) return problem(400, [], { comment: "Comment body is not valid!" });
    issue.comments.push(words(json.body));
    return done([201, { self: `${address(req, issue.id)}/comment/${20000 + issue.comments.length}`, id: String(20000 + issue.comments.length), body: json.body }]);
}

function stranger(path) {
    state.refused++;
    if (!state.faults.anonymous || path === "/rest/api/3/myself") return problem(401, ["Client must be authenticated to access this resource."]);
    if (path === "/rest/api/3/search/jql") return [200, { issues: [], isLast: true }];
    return path === "/rest/api/3/issue" ? problem(400, [], { project: "Specify a valid project ID or key" }) : missing();
}

function answer(req, path, body) {
    state.requests++;
    if (req.headers.authorization !== KNOWN) return stranger(path);
    if (req.method === "GET" && path === "/rest/api/3/myself") return [200, { accountId: "5b10ac8d82e05b22cc7d4ef5", emailAddress: EMAIL, displayName: "Shipping Bot", active: true }];
    if (path === "/rest/api/3/search") return problem(410, ["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."]);
    if (strikes("throttle")) return problem(429, ["Rate limit exceeded."], {}, { "retry-after": String(state.faults.retryAfter ?? 3), "ratelimit-reason": "jira-burst-based" });
    if (strikes("throttleReset")) return problem(429, ["Rate limit exceeded."], {}, { "x-ratelimit-reset": `${new Date(Date.now() + 120_000).toISOString().slice(0, 16)}Z`, "ratelimit-reason": "jira-quota-tenant-based" });
    if (strikes("throttleBare")) return problem(429, ["Rate limit exceeded."]);
    if (strikes("fail")) return problem(500, ["Internal server error"]);
    if (req.method !== "POST" || !/^application\/json/.test(req.headers["content-type"])) return problem(415, []);
    const [, key] = /^\/rest\/api\/3\/issue\/([\w-]+)\/comment$/.exec(path) ?? [];
    if (path === "/rest/api/3/issue") return create(req, JSON.parse(body));
    if (path === "/rest/api/3/search/jql") return search(req, JSON.parse(body));
    return key ? comment(req, key, JSON.parse(body)) : missing();
}

function control(what, json) {
    if (what === "faults") Object.assign(state.faults, json);
    if (what === "issue") Object.assign(state.issues.find((one) => one.key === json.key), json);
    return state;
}

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        const body = Buffer.concat(parts).toString(), path = new URL(req.url, "http://x").pathname;
        if (path.startsWith("/control/")) return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(control(path.slice(9), body ? JSON.parse(body) : {})));
        if (state.faults.slow) await sleep(state.faults.slow);
        const said = answer(req, path, body);
        if (said === "drop") return req.socket.destroy();
        const [status, content, headers] = said;
        res.writeHead(status, { "content-type": "application/json;charset=UTF-8", ...headers }).end(typeof content === "string" ? content : JSON.stringify(content));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
