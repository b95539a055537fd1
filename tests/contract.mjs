// Holds each answer of the API to what /api/openapi.json says of its operation and status: type, every field and no
// other, promised headers. What was exercised is noted in $VAR/exercised, a line "method path status" each.
import { appendFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";

let loading;

async function load(base, bearer) {
    const answer = await fetch(`${base}/api/openapi.json`, { headers: { authorization: `Bearer ${bearer}` } });
    if (answer.status !== 200) throw new Error(`no description of the API: ${answer.status}`);
    const { paths, components } = await answer.json();
    // Clients must bear new fields; the tests want to see each described.
    for (const schema of Object.values(components.schemas)) schema.additionalProperties ??= false;
    const ajv = formats(new Ajv({ allErrors: true, allowUnionTypes: true }));
    ajv.addVocabulary(["components"]).addSchema({ $id: "api", components });
    const routes = Object.entries(paths)
        .map(([path, methods]) => ({ path, methods, pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`) }))
        .sort((a, b) => a.path.split("{").length - b.path.split("{").length);
    return { routes, components, ajv };
}

// Throws where an answer {status, headers, body} is not as described.
export async function agrees(base, bearer, method, address, { status, headers, body }) {
    const { routes, components, ajv } = await (loading ??= load(base, bearer));
    const { pathname } = new URL(address, base);
    const route = routes.find(({ pattern, methods }) => pattern.test(pathname) && methods[method.toLowerCase()]);
    const said = (why) => new Error(`${method} ${pathname} ${status}: ${why}\n${JSON.stringify(body)?.slice(0, 2000)}`);
    if (status === 304) return;
    if (!route && status < 400) throw said("no such operation is described");
    const { responses } = route ? route.methods[method.toLowerCase()] : { responses: { default: { $ref: "#/components/responses/Problem" } } };
    let described = responses[status] ?? (status >= 400 ? responses.default : undefined);
    if (!described) throw said("this status is not described");
    if (described.$ref) described = components.responses[described.$ref.split("/").pop()];
    const type = headers.get("content-type")?.split(";")[0];
    const media = described.content?.[type];
    if (!media && !(status >= 500)) throw said(`${type} is not described`);
    for (const name of Object.keys(described.headers ?? {})) if (!headers.get(name)) throw said(`the header ${name} is not there`);
    const valid = media?.schema && ajv.getSchema(`api${media.schema.$ref}`);
    if (valid && !valid(body)) throw said(ajv.errorsText(valid.errors, { dataVar: "answer" }) + JSON.stringify(valid.errors.map((e) => e.params)));
    if (route) appendFileSync(`${process.env.VAR}/exercised`, `${method.toLowerCase()} ${route.path} ${status}\n`);
}
