// The bar over a list: completion of its qualifiers, and cells that narrow or leave out.
"use strict";

/* ---- completion: a qualifier, then its values ---- */

const bar = $("#search");
const known = new Map();

// What there is to filter by comes behind the page; without scripts it is a page of its own.
async function learn() {
    const help = $("#filter-help");
    const answer = await fetch($("#filter-asked").href, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    help.innerHTML = await answer.text(); // of ours, and without scripts by the content policy
    for (const { dataset, textContent } of $$("[data-qualifier]", help))
        known.set(dataset.qualifier, { help: textContent, values: dataset.values.split(",").filter(Boolean), fixed: "fixed" in dataset });
    $("#known-tags")?.replaceChildren(...(known.get("tag")?.values ?? []).map((value) => Object.assign(document.createElement("option"), { value })));
    if (document.activeElement === bar) suggest();
}

learn().catch(() => {}); // without it the bar completes nothing, and the link still leads to the page
$("#filter-asked").addEventListener("click", (event) => {
    if (!known.size || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    $("#filter-help").togglePopover();
});
bar.setAttribute("role", "combobox");

// The token at the caret: where it begins behind its minus, and what is written of it.
function token() {
    const before = bar.value.slice(0, bar.selectionStart);
    const from = before.lastIndexOf(" ") + 1;
    const text = before.slice(from).replace(/^-/, "");
    return { from: before.length - text.length, text };
}

function offers({ text }) {
    const [, name, list] = /^([a-z]*):(.*)$/i.exec(text) ?? [];
    if (name !== undefined) {
        const done = list.slice(0, list.lastIndexOf(",") + 1);
        const part = list.slice(done.length).toLowerCase();
        const values = known.get(name.toLowerCase())?.values ?? [];
        return values.map((v) => v.toLowerCase()).filter((v) => v.startsWith(part) && v !== part).map((v) => ({ text: `${name}:${done}${v}`, end: " " }));
    }
    return [...known].filter(([k]) => text && k.startsWith(text.toLowerCase())).map(([k, { help }]) => ({ text: `${k}:`, help, end: "" }));
}

const suggest = complete(bar, $("#suggestions"), () => offers(token()), () => token().from);

/* ---- cells: a click narrows to them, with Alt it leaves them out ---- */

const filter = new URLSearchParams(location.search).get("q") ?? "";
const tokens = filter.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
const narrower = new Map(); // many cells say the same

// The list with a filter: the rest of the address stays, but for the place in the old list.
function listOf(q) {
    const query = new URLSearchParams(location.search);
    query.delete("after");
    query.delete("open");
    query.set("q", q);
    return `${$("#filters").getAttribute("action")}?${query}`;
}

// The same with a token more; words in quotation marks are one without a name.
function narrowed(token, minus = "") {
    const [, name, value] = /^(?:(\w+):)?(.*)$/s.exec(token);
    const plain = value.replaceAll('"', "");
    const quote = !name || /[\s,]/.test(plain) ? '"' : "";
    const text = `${minus}${name ? `${name}:` : ""}${quote}${name === "building" || !name ? plain : plain.toLowerCase()}${quote}`;
    const there = tokens.some((t) => t.toLowerCase() === text.toLowerCase());
    return listOf(there ? tokens.join(" ") : [...tokens, text].join(" "));
}

function narrowedTo(token) {
    if (!narrower.has(token)) narrower.set(token, narrowed(token));
    return narrower.get(token);
}

// "status:FAILED", or the name alone where the cell says the value; "" where its words are looked for.
const tokenOf = ({ dataset: { f }, textContent }) => (f.includes(":") ? f : `${f}${f && ":"}${textContent}`);
const mayLeaveOut = (cell) => !known.get(tokenOf(cell).split(":")[0])?.fixed;

addArranger((within) => {
    for (const chip of $$(".chips button", within)) chip.title = "Remove";
    for (const cell of $$(".narrows a[data-f]", within)) cell.href = narrowedTo(tokenOf(cell));
});

document.addEventListener("click", (event) => {
    const cell = event.target.closest("a[data-f]");
    if (!cell || !event.altKey) return;
    event.preventDefault();
    if (mayLeaveOut(cell)) location.assign(narrowed(tokenOf(cell), "-"));
    else toast("This can be looked for, but not left out.", null, "attention");
});
