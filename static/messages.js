// The list of messages: what comes behind it, completion in the qualifier bar, cells that leave out, and labels of rows.
"use strict";

// Said here and not in the page: each would repeat the filter. htmx reads it when the page is there.
for (const part of $$("[data-behind]")) {
    const now = new URLSearchParams(location.search);
    const query = new URLSearchParams({ q: now.get("q") ?? "" });
    if (part.id === "views" && now.has("columns")) query.set("columns", now.getAll("columns").join());
    if (part.id === "count" && now.get("all") === "true") query.set("all", "true");
    part.setAttribute("hx-get", `${part.dataset.behind}?${query}`);
}

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
    return `/messages?${query}`;
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

// What links narrow by: to the value they bring, else to the one they say.
const linkTokens = { ".state > a.ic": "status", ".grade": "grade", ".place > a": "unit", ".place small > a:first-child": "building", ".place small > a:last-child": "year", ".way > a": "channel" };

// What the text of a cell without a link narrows to; what is masked, or a postal address, to nothing.
const cellTokens = {
    "th > small": (text) => (/…/.test(text) ? null : /@|^\+?[\d ]+$/.test(text) && `to:${text}`),
    ".subject": () => "",
    ".next": () => "status:ENQUEUED",
    ".more": (text, cell) => `${$$("thead th", cell.closest("table"))[cell.cellIndex].textContent.split(" ").at(-1).toLowerCase()}:${text}`,
    ".when": (text, cell) => `after:${$(".day time", cell.closest("tbody")).dateTime}`,
};

function linkCells(row) {
    for (const [selector, name] of Object.entries(linkTokens)) for (const link of $$(selector, row)) link.dataset.f = `${name}:${link.dataset.f ?? link.textContent}`;
    for (const [selector, tokenFor] of Object.entries(cellTokens)) {
        for (const cell of $$(selector, row)) {
            const token = cell.textContent.trim() && !$("a", cell) ? tokenFor(cell.textContent.trim(), cell) : null;
            if (token === null || token === false) continue;
            const link = document.createElement("a");
            link.dataset.f = token;
            link.append(...cell.childNodes);
            cell.append(link);
        }
    }
}

// Rows come with as little as can be read; what else they need is put on here.
addArranger((within) => {
    for (const chip of $$(".chips button", within)) chip.title = "Remove";
    const from = new URLSearchParams({ in: filter });
    if (/[?&]all=true/.test(location.search)) from.set("all", "true");
    for (const link of $$("#units tr > th > a", within)) {
        const row = link.closest("tr");
        const [path] = link.getAttribute("href").split("?");
        if (row.id) continue;
        row.id = `m-${path.split("/").at(-1)}`;
        link.href = `${path}?${from}&at=${row.dataset.k ?? $(".when time", row).dateTime}`;
        linkCells(row);
    }
    for (const cell of $$("#units a[data-f]", within)) cell.href = narrowedTo(tokenOf(cell));
    for (const grade of $$("#units a.grade", within)) grade.title = `Evidence of grade ${grade.textContent}`;
    for (const box of $$("#units input[name=ids]", within)) box.ariaLabel = `Select ${$$("th a, .way, .place > a", box.closest("tr")).map((e) => e.textContent).join(", ")}`;
});

document.addEventListener("click", (event) => {
    const cell = event.target.closest("a[data-f]");
    if (!cell || !event.altKey) return;
    event.preventDefault();
    if (mayLeaveOut(cell)) location.assign(narrowed(tokenOf(cell), "-"));
    else toast("This can be looked for, but not left out.", null, "attention");
});

/* ---- figures: a period is drawn over the columns; on a phone one line stands for all of it ---- */

let drawn = null;

const columnAt = ({ clientX, clientY }) => document.elementFromPoint(clientX, clientY)?.closest(".histogram a");
const filterOf = (link) => new URLSearchParams(link.getAttribute("href").split("?")[1]).get("q");

function drawTo(end) {
    const all = $$(".histogram a");
    const [from, to] = [drawn.from, end].map((one) => all.indexOf(one)).sort((a, b) => a - b);
    all.forEach((one, i) => one.classList.toggle("drawn", i >= from && i <= to));
    drawn.range = [all[from], all[to]];
}

document.addEventListener("pointerdown", (event) => {
    const from = event.button === 0 && event.target.closest?.(".histogram a");
    drawn = from ? { from, range: [from, from] } : null;
});
document.addEventListener("pointermove", (event) => {
    const end = drawn && columnAt(event);
    if (end && (end !== drawn.from || drawn.range[0] !== drawn.range[1])) drawTo(end);
});
document.addEventListener("dragstart", (event) => drawn && event.preventDefault());
document.addEventListener("pointerup", () => {
    const [first, last] = drawn?.range ?? [];
    drawn = null;
    if (first === last) return;
    location.assign(listOf(filterOf(first).replace(/before:\S+/, /before:\S+/.exec(filterOf(last))[0])));
});

addArranger(() => {
    const [line, figures] = [$("#figures-fold summary"), $("#figures:not(.waits)")];
    if (!line || !figures) return;
    const [moved, causes] = [$(".axis span", figures).textContent, $$(".groups > li", figures).length];
    line.textContent = `${moved} · ${causes ? `${causes} ${causes > 1 ? "causes" : "cause"} of failures` : "no failures"}`;
});

// Figures come by themselves and know nothing of columns: what leads from them into the list keeps those shown.
document.addEventListener("click", ({ target }) => {
    const link = target.closest?.("#figures a[href^='/messages?']");
    const columns = new URLSearchParams(location.search).getAll("columns");
    if (!link || !columns.length) return;
    const query = new URLSearchParams((link.getAttribute("href") ?? "").split("?")[1]);
    query.set("columns", columns.join(","));
    link.setAttribute("href", `/messages?${query}`);
});

/* ---- being told of a view: the page stays, whatever comes of it ---- */

document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-tell]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    const sent = fetch(form.action, { method: "POST", body, redirect: "manual", headers: { "HX-Request": "true" } });
    const answer = await sent.catch(() => null);
    const done = answer && (answer.ok || answer.type === "opaqueredirect");
    if (!done) return toast(answer ? await cause(answer) : "The server cannot be reached.");
    toast(body.get("tell") === "never" ? "You are not told of this view any more." : "You are told of this view by e-mail.", null, "done");
    form.closest("details").open = false;
});

/* ---- columns: their order by buttons, their names in one word of the address ---- */

for (const item of $$(".columns li")) {
    const name = item.textContent;
    for (const [by, word] of [[-1, "up"], [1, "down"]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "quiet icon-only";
        button.ariaLabel = `Move ${name} ${word}`;
        button.textContent = by < 0 ? "↑" : "↓";
        button.addEventListener("click", () => {
            const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
            if (by < 0) other?.before(item);
            else other?.after(item);
            button.focus();
        });
        item.append(button);
    }
}

$("#pick-columns form")?.addEventListener("submit", (event) => {
    if (event.submitter?.name === "to") return;
    const query = new URLSearchParams(filter ? { q: filter } : {});
    const names = $$("input:checked", event.target).map((box) => box.value);
    event.preventDefault();
    if (!names.length) return toast("At least one column is shown.");
    query.set("columns", names.join());
    location.assign(`/messages?${query}`);
});

Object.assign(keys, {
    f: () => bar.focus(),
    v: () => (narrow.matches ? $("#views-side").showPopover() : $(".views a")?.focus()),
});
