// The list of messages: what comes behind it, what its cells narrow to, and labels of rows.
"use strict";

// Said here and not in the page: each would repeat the filter. htmx reads it when the page is there.
for (const part of $$("[data-behind]")) {
    const now = new URLSearchParams(location.search);
    const query = new URLSearchParams({ q: now.get("q") ?? "" });
    if (part.id === "views" && now.has("columns")) query.set("columns", now.getAll("columns").join());
    if (part.id === "count" && now.get("all") === "true") query.set("all", "true");
    part.setAttribute("hx-get", `${part.dataset.behind}?${query}`);
}

/* ---- cells: what bar.js makes links of ---- */

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
