// Removing what is due, as a person does: the plan, its confirmation, what went; a policy that removes is shown before it is set.
import assert from "node:assert/strict";
import { api, check, committed, eventually, finish, person, sql, tenantNew, token, trackctl, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("removal");
const call = api(await token("admin", tenant));
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const policy = { hint: "statement", contentDays: "700", personDays: "100", proofDays: "3650", delete: "true" };
let go, csrf;

const text = async (path) => (await go(path)).text();
const hidden = (page, name) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1];
const form = (page) => Object.fromEntries(["csrfToken", "planToken", "hint", "contentDays", "personDays", "proofDays", "delete", "deleteProof"].map((n) => [n, hidden(page, n)]).filter(([, v]) => v));

check("six messages of two buildings, three years old and one of them half a year", async () => {
    const long = "Siedlung Obere Lindenhofstrasse zwölf bis achtzehn in Zürich-Örlikon";
    for (const [code, n, name] of [["RM1", 4, long], ["RM2", 2, "House RM2"]]) {
        const made = rows(code, 2020, n, () => ({ building_name: name }));
        await committed(call, (await upload(call, "removal.csv", csv(made), statements(made))).body.id);
    }
    sql(`set session_replication_role = replica; update communications set created_at = now() - interval '3 years' where tenant_id = '${tenantId}';
        update communications set created_at = now() - interval '180 days' where id = (select max(id::text)::uuid from communications where tenant_id = '${tenantId}')`);
    go = await person("admin", tenant);
    csrf = hidden(await text("/retention"), "csrfToken");
});

check("a policy that is wrong stays in its page, at its field", async () => {
    const wrong = await go("/retention/policies", { ...policy, csrfToken: csrf, hint: "default", proofDays: "30" });
    const page = await wrong.text();
    assert.equal(wrong.status, 422);
    assert.match(page, /id="palette"/, "in the frame");
    assert.match(page, /name="proofDays"[^>]*value="30" required aria-invalid="true"/);
    assert.match(page, /role="alert">Proof: Proof is kept at least as long/);
    const odd = await (await go("/retention/policies", { ...policy, csrfToken: csrf, hint: "Not so" })).text();
    assert.match(odd, /value="Not so" required aria-invalid="true"/);
    assert.match(odd, /role="alert">Small letters, digits, - and _ only/);
    const person = await go("/retention/erasures", { csrfToken: csrf, email: "nobody" });
    assert.deepEqual([person.status, /value="nobody" required aria-invalid="true"/.test(await person.text())], [422, true]);
});

check("a policy that removes is shown with what would go, and set as it was shown", async () => {
    const asked = await go("/retention/policies", { ...policy, csrfToken: csrf });
    assert.equal(asked.status, 303);
    const page = await text(asked.headers.get("location"));
    assert.match(page, /Remove by the policy “statement”\?/);
    assert.match(page, /<dt>Messages<\/dt><dd data-count>6<\/dd>.*<dt>Content of<\/dt><dd data-count>5<\/dd>.*<dt>Personal data of<\/dt><dd data-count>6<\/dd>/s);
    assert.match(page, /House RM2.*>2<.*Siedlung Obere Lindenhofstrasse.*>4</s);
    assert.match(page, /Messages: names and addresses<\/th><td>personal data<\/td>/);
    assert.match(page, /Files: attachments<\/th><td>content<\/td>/);
    assert.equal((await call("GET", "/api/track/retention")).body.due, 0, "nothing is set yet");
    const changed = await go("/retention/policies", { ...form(page), contentDays: "1" });
    assert.deepEqual([changed.status, /has changed since it was planned/.test(await changed.text())], [409, true]);
    const set = await go("/retention/policies", form(page));
    assert.deepEqual([set.status, set.headers.get("location")], [303, "/retention?saved=statement"]);
    assert.match(await text("/retention?saved=statement"), /The policy “statement” is set\. 6 messages go next night/);
});

check("the command's columns are aligned, however long names and large numbers are", () => {
    sql(`set session_replication_role = replica; update communications set subject = repeat('x', 100) where tenant_id = '${tenantId}'`);
    const { stdout } = trackctl("retention", "plan", "--tenant", tenant);
    const lines = stdout.split("\n");
    const places = lines.slice(1, 4);
    assert.match(places[0], /building +year +messages +content +personal data +proof$/);
    assert.equal(new Set(places.map((l) => [...l].length)).size, 1, places.join("\n"));
    const first = lines.findIndex((l) => /what +clock +rows +size$/.test(l));
    const parts = lines.slice(first, lines.findIndex((l) => /by table and partition/.test(l)));
    assert.ok(parts.length > 3 && new Set(parts.map((l) => [...l].length)).size === 1, parts.join("\n"));
    const tables = lines.slice(lines.findIndex((l) => /store +relation +rows +size$/.test(l))).filter(Boolean);
    assert.ok(tables.length > 3 && new Set(tables.map((l) => [...l].length)).size === 1, tables.join("\n"));
});

check("what is due is planned, confirmed, removed, and told", async () => {
    const [[unit]] = sql(`select unit_id from communications where tenant_id = '${tenantId}' order by id limit 1`);
    await call("POST", "/api/track/holds", { scope: "unit", value: unit, reason: "Court case 9", owner: "Legal" });
    const [[of]] = sql(`select count(*) from communications where unit_id = '${unit}'`);
    assert.match(await text("/retention"), /href="\/retention\/plan">Remove what is due now/);
    const page = await text("/retention/plan");
    assert.match(page, new RegExp(`Kept by holds</dt><dd data-count>${of}<`));
    assert.match(page, /Unit: Siedlung Obere[^<]*<\/a>: \d messages?, Court case 9 \(Legal\)/);
    const removal = await go("/retention/removals", { csrfToken: csrf });
    assert.deepEqual([removal.status, /Ask for the plan first/.test(await removal.text())], [422, true]);
    const asked = await go("/retention/removals", form(page));
    assert.equal(asked.status, 303);
    const done = await eventually("it is done", async () => {
        const now = await text(asked.headers.get("location"));
        return !/It is being removed/.test(now) && now;
    });
    assert.match(done, new RegExp(`What was due of ${6 - of} messages? is removed`));
    assert.match(done, /Messages: names and addresses<\/th><td class="number" data-unit="rows">\d/);
    assert.match(done, new RegExp(`Planned: ${6 - of} messages?`));
    const after = await text("/retention");
    assert.match(after, /<dt>Messages, next night<\/dt><dd data-count>0</);
    assert.ok(!after.includes("Remove what is due now"));
    assert.match(after, /<li>Messages: names and addresses: \d/);
    const audit = sql(`select action, actor_name from audit_history where tenant_id = '${tenantId}' and action in ('retention.removal_asked', 'retention.policy_set')`);
    assert.deepEqual(audit.map(([a]) => a).sort(), ["retention.policy_set", "retention.removal_asked"]);
    assert.equal(trackctl("verify", "--tenant", tenant).status, 0);
});

check("proof ends where a policy says so, when all else is gone, and nothing is left of a message but hashes", async () => {
    sql(`set session_replication_role = replica; update communications set content_removed_at = now() - interval '1 day', person_removed_at = now() - interval '1 day'
        where tenant_id = '${tenantId}' and content_removed_at is not null and person_removed_at is not null`);
    const gone = sql(`select id, batch_id from communications where tenant_id = '${tenantId}' and content_removed_at is not null and person_removed_at is not null`);
    const words = `${gone.length} message${gone.length === 1 ? "" : "s"}`;
    const ending = { ...policy, csrfToken: csrf, proofDays: "800", deleteProof: "true" };
    const { delete: removes, ...keeping } = ending;
    const wrong = await go("/retention/policies", keeping);
    assert.deepEqual([wrong.status, /role="alert">Remove proof as well: Proof goes only where what it proves does/.test(await wrong.text())], [422, true], removes);
    for (const hint of ["inbox", "parcels"])
        assert.equal((await call("POST", "/api/track/retention", { hint, contentDays: 30, personDays: 30, proofDays: 400, delete: true, deleteProof: true })).body.errors[0].field, "deleteProof");
    assert.equal((await call("GET", "/api/track/retention")).body.proof, 0, "nothing says so yet");
    const asked = await text((await go("/retention/policies", ending)).headers.get("location"));
    assert.match(asked, new RegExp(`<dt>Proof of</dt><dd data-count>${gone.length}<.*Of ${words} the proof ends`, "s"));
    assert.equal((await go("/retention/policies", form(asked))).status, 303);
    assert.match(await text("/retention"), /name="deleteProof" value="true" checked/);
    assert.match(trackctl("retention", "plan", "--tenant", tenant).stdout, new RegExp(`of ${gone.length} communications? the proof ends`));
    const removal = await go("/retention/removals", form(await text("/retention/plan")));
    const done = await eventually("it is done", async () => {
        const now = await text(removal.headers.get("location"));
        return !/It is being removed/.test(now) && now;
    });
    assert.match(done, new RegExp(`The proof of ${words} ended\\..*Messages: what is left of them</th><td class="number" data-unit="rows">\\d`, "s"));
    for (const [id] of gone)
        assert.equal((await call("GET", `/api/track/communications/${id}`)).status, 404);
    const batch = gone[0][1], inIt = gone.filter(([, b]) => b === batch).length;
    assert.match(await text(`/runs/${batch}`), new RegExp(`Of <span data-count>${inIt}</span> more the proof ended`));
    assert.equal((await call("GET", `/api/track/runs/${batch}`)).body.ended, inIt);
    assert.equal(trackctl("verify", "--tenant", tenant).status, 0);
});

await finish();
