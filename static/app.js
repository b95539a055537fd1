// What makes the pages lively beside htmx: times, keys, the drawer, live updates, the theme, and a word when something fails.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const root = document.documentElement;

/* ---- times, sizes and counts ---- */

const zone = document.body.dataset.timeZone || undefined;

// Making one takes as long as a hundred uses: each is made when it is first needed.
const shapes = {
    day: { day: "numeric", month: "short", year: "numeric" },
    thisYear: { day: "numeric", month: "short" },
    clock: { hour: "2-digit", minute: "2-digit" },
    zoned: { hour: "2-digit", minute: "2-digit", timeZoneName: "short" },
    whole: { timeZone: "UTC", weekday: "long", day: "numeric", month: "long", year: "numeric" },
    iso: { year: "numeric", month: "2-digit", day: "2-digit" },
    exact: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, timeZoneName: "short" },
};
const made = {};
const worded = (shape, at) => (made[shape] ??= new Intl.DateTimeFormat(shape === "iso" ? "sv-SE" : "en-GB", { timeZone: zone, ...shapes[shape] })).format(at);
const grouped = (n) => (made.number ??= new Intl.NumberFormat("en-GB")).format(n);
const relative = (n, unit) => (made.relative ??= new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" })).format(n, unit);
const steps = [[60, "second", 1], [3600, "minute", 60], [Infinity, "hour", 3600]];

// A day is one of the tenant's zone, "2026-05-12", and lasts from midnight to midnight.
const dayIn = (at) => worded("iso", at);
const daysTo = (day) => Math.round((Date.parse(day) - Date.parse(dayIn(Date.now()))) / 86_400_000);

const date = (at) => worded(dayIn(at).slice(0, 4) === dayIn(Date.now()).slice(0, 4) ? "thisYear" : "day", at);

const moment = (at) => `${date(at)}, ${worded("zoned", at)}`;

function ago(at) {
    const [seconds, days] = [(at - Date.now()) / 1000, daysTo(dayIn(at))];
    const [limit, unit, length] = steps.find(([limit]) => Math.abs(seconds) < limit);
    if (!days || limit < Infinity) return relative(Math.trunc(seconds / length), unit);
    return Math.abs(days) < 7 ? relative(days, "day") : date(at);
}

function dayOf(day) {
    return { 0: "Today", [-1]: "Yesterday" }[daysTo(day)] ?? worded("whole", new Date(day));
}

function showTimes(within) {
    for (const time of $$("time:not([data-until])", within)) {
        const at = new Date((time.dateTime ||= time.textContent));
        if (isNaN(at)) continue;
        const { precise, exact: all, day: whole, clock: only } = time.dataset;
        if (whole !== undefined) {
            time.textContent = dayOf(time.dateTime);
            continue;
        }
        time.textContent = all !== undefined ? worded("exact", at) : only !== undefined ? worded("clock", at) : precise !== undefined ? moment(at) : ago(at);
        time.title ||= worded("exact", at);
    }
    for (const size of $$("[data-bytes]", within)) {
        const n = Number(size.dataset.bytes);
        if (n >= 1e6) size.textContent = `${(n / 1e6).toFixed(1)} MB`;
        else if (n >= 1e3) size.textContent = `${Math.round(n / 1e3)} kB`;
    }
    for (const count of $$("[data-count]", within)) {
        const n = Number(count.textContent);
        if (n >= 1e4) count.textContent = grouped(n);
    }
    for (const one of $$('[data-unit$="s"]', within)) if (one.textContent.trim() === "1") one.dataset.unit = one.dataset.unit.slice(0, -1);
    for (const figure of $$(".figures i", within)) figure.textContent = figure.textContent.replace(/\d{5,}/, (n) => grouped(n));
}

// The badge of what failed says the provider's error in plain words.
function showErrors(within) {
    for (const small of $$(".units .status ~ small", within)) $(".status", small.parentElement).title = small.textContent;
}

// What is done to each piece of page before it is shown; scripts of single pages add theirs.
const arrangers = [showTimes, showErrors];

const dress = (within) => arrangers.forEach((one) => one(within));
const addArranger = (one) => arrangers.push(one) && one(document);

/* ---- a word when something fails; the page stays ---- */

function toast(sentence, again, tone = "failed") {
    const box = document.createElement("div");
    const text = document.createElement("div");
    const close = document.createElement("button");
    box.className = `toast tone-${tone}`;
    text.textContent = sentence;
    close.type = "button";
    close.className = "quiet";
    close.ariaLabel = "Dismiss";
    close.textContent = "×";
    close.addEventListener("click", () => box.remove());
    box.append(text, close);
    if (again) {
        const retry = document.createElement("a");
        retry.href = again;
        retry.textContent = "Try again";
        text.append(" ", retry);
    }
    $("#toasts").replaceChildren(box);
}

function said(xhr) {
    const id = xhr.getResponseHeader("X-Request-Id");
    let sentence = "";
    try {
        const { detail, errors } = JSON.parse(xhr.responseText);
        sentence = errors?.[0].message ?? detail;
    } catch {
        sentence = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("h1")?.textContent;
    }
    return `${sentence || "Could not load."}${id ? ` (request ${id})` : ""}`;
}

// What is waited for longer than a moment is drawn in outlines; an answer or a failure takes them back.
let waiting = () => {};

document.addEventListener("htmx:beforeRequest", ({ detail: { target, pathInfo, requestConfig } }) => {
    if (target.id !== "drawer" || requestConfig.headers["X-Poll"] || !/[?&]unit=/.test(pathInfo.requestPath)) return;
    const shut = target.hidden;
    const timer = setTimeout(() => {
        target.classList.add("waits");
        target.hidden = false;
    }, 150);
    waiting = () => {
        clearTimeout(timer);
        target.classList.remove("waits");
        if (target.isConnected) target.hidden = shut;
    };
});
document.addEventListener("htmx:afterRequest", () => {
    waiting();
    waiting = () => {};
});

// Signed out meanwhile: the page itself asks for the login and comes back, not the part of it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.preventDefault();
    location.reload();
});
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => toast(said(xhr), location.href));
for (const kind of ["sendError", "timeout"]) {
    document.addEventListener(`htmx:${kind}`, () => toast("The server cannot be reached.", location.href));
}

// Addresses hold what is set, not what is left empty.
document.addEventListener("htmx:configRequest", ({ detail: { formData } }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

/* ---- live updates: only while they are looked at; rows that come or go wait until they are asked for ---- */

let paused = false;
let last = "";
let quarter = null;

const still = () =>
    paused || $("#units input:checked") || document.hidden || $("[popover]:popover-open, dialog[open], :is(#activity, #message, #views, .panel) details[open]:not(.json *)") || document.activeElement?.matches("select") || !getSelection().isCollapsed;

const here = () => location.pathname + location.search;

function refresh() {
    if (!$("#poll") || !window.htmx) return;
    const rows = $("#units");
    const into = rows ? { target: "#units", swap: "none" } : { target: "#activity", select: "#activity", swap: "outerHTML" };
    window.htmx.ajax("GET", here(), { source: "#poll", ...into, headers: { "X-Poll": "1" } });
}

// Brings the rows that are shown up to date and keeps their places; says how many others there are now.
function mergeRows(fresh) {
    const rows = new Map($$("#units tbody tr[id]").map((row) => [row.id, row]));
    const coming = $$("#units tbody tr[id]", fresh);
    const came = coming.filter((row) => !rows.has(row.id)).length;
    for (const row of coming) {
        const cells = rows.get(row.id)?.cells ?? [];
        [...cells].forEach((cell, i) => (i || cell.matches("td:not(:has(input))")) && cell.innerHTML !== row.cells[i].innerHTML && cell.replaceChildren(...row.cells[i].childNodes));
    }
    const order = (list) => list.map((row) => row.id).join();
    showNews(came, rows.size - (coming.length - came), order(coming) !== order([...rows.values()]));
}

function showNews(came, gone, moved) {
    const parts = [came && `${came} new`, gone && `${gone} no longer here`, !came && !gone && moved && "New order"].filter(Boolean);
    const button = $("#news button");
    if (!button) return;
    button.hidden = !parts.length;
    $("span", button).textContent = parts.join(", ");
}

document.addEventListener("click", ({ target }) => {
    if (!target.closest("#news button")) return;
    const known = new Set($$("#units tbody tr[id]").map((row) => row.id));
    const wanted = { source: "#units", target: "#units", select: "#units", swap: "outerHTML" };
    window.htmx.ajax("GET", here(), wanted).then(() => {
        const first = $$("#units tbody tr[id]").find((row) => !known.has(row.id));
        $("th a", first ?? $("#units tbody tr[id]") ?? document)?.focus();
    });
});

// Tells those who hear the page each quarter of a batch, and everyone its end.
function tellProgress() {
    const { left, total, failed } = $("#progress")?.dataset ?? {};
    if (!total) return;
    const now = Math.floor((4 * (total - left)) / total);
    if (quarter !== null && now !== quarter && now < 4) $("#said").textContent = `${total - left} of ${total} messages are through.`;
    if (quarter !== null && !$("[data-moving]")) {
        const sentence = total > 1 ? `${left > 0 ? `${total - left} of ${total}` : `All ${total}`} messages are through` : "The message is through";
        toast(failed > 0 ? `${sentence}; ${failed} failed.` : `${sentence}.`, null, failed > 0 ? "attention" : "done");
    }
    quarter = $("[data-moving]") ? now : null;
}

document.addEventListener("htmx:beforeRequest", (event) => {
    if ("poll" in event.detail.elt.dataset && document.readyState === "complete" && still()) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig } = event.detail;
    if (xhr.status < 300 && /<body class="bare"/.test(xhr.responseText)) {
        event.detail.shouldSwap = false; // a login page in place of a part
        return location.reload();
    }
    if (requestConfig.headers["X-Poll"]) {
        const stale = requestConfig.path !== here();
        if (xhr.responseText === last || stale || still()) event.detail.shouldSwap = false;
        else {
            const fresh = new DOMParser().parseFromString(xhr.responseText, "text/html");
            dress(fresh);
            if ($("#units")) mergeRows(fresh);
        }
        last = xhr.responseText;
    }
    if (target.id === "progress" && !/data-moving/.test(xhr.responseText)) setTimeout(refresh, 50);
});

setInterval(() => still() || refresh(), 15_000);
setInterval(() => $("[data-moving]") && !still() && refresh(), 6_000);
setInterval(() => showTimes(document), 30_000);

function pause() {
    paused = !paused;
    showLive();
    if (!paused) refresh();
}

function showLive() {
    const button = $("#live");
    if (!button) return;
    button.parentElement.hidden = false;
    button.ariaPressed = String(!paused);
    $("span", button).textContent = paused ? "Paused" : "Live";
}

/* ---- the drawer ---- */

const narrow = matchMedia("(width < 800px)");
const opened = () => ["u", "m"].map((kind) => document.getElementById(`${kind}-${$("#drawer")?.dataset.unit}`)).find(Boolean);
let openedFrom = null;
let readTo = 0;

function showDrawer(focus) {
    const drawer = $("#drawer");
    if (!drawer) return;
    const open = !drawer.hidden;
    root.classList.toggle("drawer-open", open);
    for (const other of $$(".bar, .side, .list")) other.inert = open && narrow.matches;
    for (const row of $$("tr.on")) row.classList.remove("on");
    if (open) opened()?.classList.add("on");
    if (!focus) return;
    if (open) $("#drawer-title").focus({ preventScroll: true });
    else $("th a", document.getElementById(openedFrom) ?? $(".units tbody") ?? $("#units") ?? document)?.focus({ preventScroll: true });
}

narrow.addEventListener("change", () => showDrawer(false));

/* ---- what a new piece of page needs, and what stands around it ---- */

function arrange() {
    const table = $("table.units");
    if (table) {
        const head = $(`th[data-key="${CSS.escape(table.dataset.sort)}"]`, table);
        head?.setAttribute("aria-sort", table.dataset.direction === "desc" ? "descending" : "ascending");
    }
    showLive();
    findBuilding();
    tellProgress();
    showDrawer(false);
}

document.addEventListener("htmx:afterSwap", ({ target: piece, detail: { target, requestConfig } }) => {
    dress(piece);
    arrange();
    if (target.id === "drawer") showDrawer(true);
    if (target.id === "units" && !requestConfig.headers["X-Poll"]) showNews();
});
document.addEventListener("htmx:afterSettle", arrange);

// An open unit is only replaced by one that tells something else, and stays where it was read.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id !== "drawer") return;
    const told = (within) => [$$(".timeline li", within).length, ...$$("[data-status]", within).map((one) => one.textContent)].join();
    const asked = $("#busy.htmx-request"); // what was asked for by hand comes into this very place
    event.detail.shouldSwap =
        !asked && target.dataset.unit === $("#drawer", fragment)?.dataset.unit && told(target) !== told(fragment);
    readTo = target.scrollTop;
});

document.addEventListener("htmx:oobAfterSwap", ({ target: piece, detail: { target } }) => {
    dress(piece);
    arrange();
    if (target.id === "drawer") $("#drawer").scrollTop = readTo;
});

/* ---- dialogs, and what is done in them and beside them ---- */

const dialog = $("#dialog");

async function openDialog(href) {
    const answer = await fetch(href, { headers: { "HX-Request": "true" } });
    document.body.append($("#toasts"));
    if (!answer.ok) return toast(await cause(answer), href);
    dialog.innerHTML = await answer.text(); // of ours, and without scripts by the content policy
    showTimes(dialog);
    showDialog();
}

// What a toast says is seen and heard over an open dialog too.
function showDialog() {
    dialog.append($("#toasts"));
    dialog.showModal();
}

dialog?.addEventListener("close", () => document.body.append($("#toasts")));

// Why an answer refuses: its sentence, the fields that are wrong, and the request's id.
async function cause(answer) {
    const { detail, errors = [] } = await answer.json().catch(() => ({}));
    const fields = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
    const id = answer.headers.get("X-Request-Id");
    return `${fields || detail || "It could not be done."}${id ? ` (request ${id})` : ""}`;
}

// Shows what a form asks for at once; answers what takes it back.
function showAtOnce(form) {
    const within = (form.dataset.of && document.getElementById(`c-${form.dataset.of}`)) || form.closest(".communication, .panel") || $("#message");
    const chip = form.dataset.act && $("[data-status]", within ?? document);
    const buttons = $$("button, .button", form.closest(".actions") ?? form);
    const before = chip && [chip.className, chip.innerHTML];
    for (const button of buttons) button.disabled = true;
    if (chip) {
        chip.className = `chip tone-${form.dataset.tone}`;
        $("use", chip).setAttribute("href", `/static/vendor/icons.svg#tone-${form.dataset.tone}`);
        $("span", chip).textContent = form.dataset.act;
    }
    return () => {
        for (const button of buttons) button.disabled = false;
        if (chip) [chip.className, chip.innerHTML] = before;
    };
}

async function act(form) {
    const asked = dialog.contains(form);
    const takeBack = showAtOnce(form);
    const files = form.enctype === "multipart/form-data";
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value === "" || (value instanceof File && !value.size)) data.delete(name);
    if (asked) dialog.close();
    try {
        const body = files ? data : new URLSearchParams(data);
        const answer = await fetch(form.action, { method: "POST", body, redirect: "manual", headers: { "HX-Request": "true" } });
        if (answer.type !== "opaqueredirect" && !answer.ok) throw new Error(await cause(answer));
        if ($("#message")) location.reload();
        else await readAgain();
        refresh();
    } catch (error) {
        takeBack();
        if (asked) showDialog();
        toast(error instanceof TypeError ? "The server cannot be reached." : error.message);
    }
}

document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-act]") || !$("#message, #drawer")) return; // a page of its own leads on by itself
    event.preventDefault();
    act(event.target);
});

document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog], [data-close]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || ("close" in link.dataset && !dialog.open)) return;
    event.preventDefault();
    if ("close" in link.dataset) dialog.close();
    else openDialog(link.href).catch(() => toast("The server cannot be reached.", link.href));
});

/* ---- rows ---- */

// How a row is opened beside its list, and what is open there is read again; a list may have another way.
let openRow = (link) => link.click();
let readAgain = () => window.htmx.ajax("GET", here(), { source: "#drawer", target: "#drawer", select: "#drawer", swap: "outerHTML" });

const links = () => $$("#units tbody th a:not([data-f]), [data-list] tbody th a:not([data-f]), [data-board] h3 a");

function at() {
    const row = document.activeElement?.closest("tbody tr, [data-board] li") ?? opened();
    return row ? links().findIndex((a) => row.contains(a)) : -1;
}

function move(by) {
    const all = links();
    if (!all.length) return;
    const i = at();
    const next = all[i < 0 ? 0 : Math.min(all.length - 1, Math.max(0, i + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return next;
}

document.addEventListener("click", (event) => {
    const row = event.target.closest("tbody tr");
    const link = row && $("th a", row);
    if (!link) return;
    openedFrom = row.id || null;
    if (event.target.closest("a, button, summary, input, td:has(> input)") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href);
    else link.click();
});

// What is cut off is whole under the pointer.
document.addEventListener("pointerover", ({ target }) => {
    const cut = target.matches?.("td, td > span, td small, th small, tbody th > a, .buildings b, .groups a") && (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight + 2);
    if (cut) target.title ||= target.textContent;
});

/* ---- buildings ---- */

function findBuilding() {
    const box = $("#building-search");
    if (!box) return;
    const wanted = box.value.trim().toLowerCase();
    const items = $$(".buildings > li");
    for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    $(".side .none").hidden = items.some((item) => !item.hidden);
}

document.addEventListener("input", ({ target }) => target.id === "building-search" && findBuilding());

/* ---- theme ---- */

const themes = ["auto", "light", "dark"];

function showTheme() {
    const now = root.dataset.theme || "auto";
    for (const button of $$("[data-theme-form] button")) button.ariaPressed = String(button.value === now);
}

function setTheme(theme) {
    root.dataset.theme = theme;
    showTheme();
    const form = $("[data-theme-form]");
    if (!form) return;
    const body = new URLSearchParams({ theme, csrfToken: form.csrfToken.value });
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => toast("The appearance could not be kept."));
}

document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    setTheme(event.submitter.value);
});

/* ---- keys ---- */

const places = { t: "/track", r: "/runs", i: "/import", m: "/messages", o: "/outbox", l: "/letters", s: "/shipments", e: "/exports", w: "/inbox", a: "/api/docs" };
let went = 0;

function up() {
    const open = $("[popover]:popover-open");
    if (open) return open.hidePopover();
    const close = $("#drawer:not([hidden]) #drawer-close") ?? $("[data-up]");
    close?.click();
}

function beside(by) {
    if (!$("#drawer")?.dataset.unit) return $(`[data-beside=${by < 0 ? "previous" : "next"}]`)?.click();
    const next = move(by);
    if (next) {
        openedFrom = next.closest("tr").id;
        openRow(next);
    }
}

// What the list of keys says, in its order.
const keyWords = [
    ["Ctrl K", "Search everywhere"],
    ["/ f", "Search or filter the list"],
    ["v", "Views of messages"],
    ["j k", "Next or previous row"],
    ["Enter", "Open it"],
    ["o", "Open it beside the list"],
    ["[ ]", "Previous or next unit or message while one is open"],
    ["u Esc", "Up: close what is open"],
    ["x Shift+x", "Select a message, or all up to it"],
    ["* a", "All messages that match"],
    ["e", "Export the selected, or all that match"],
    ["r", "Send the open message again"],
    ["h", "Hold the open message, or release it"],
    ["y", "Copy the link"],
    ["p", "Pause or resume live updates"],
    ["t", "Light, dark, or as the system"],
    ["g t", "Track"],
    ["g m", "Messages"],
    ["g r", "Runs"],
    ["g l", "Letters"],
    ["g s", "Shipments"],
    ["g e", "Exports"],
    ["g i", "Import"],
    ["g o", "Outbox"],
    ["g w", "Inbox (webhooks)"],
    ["g a", "API"],
    ["?", "This list"],
];

function makeKeyList() {
    const box = document.createElement("div");
    const list = document.createElement("dl");
    box.className = "dialog";
    box.id = "keys";
    box.popover = "auto";
    box.innerHTML = '<h2>Keyboard</h2><div class="actions"><button type="button" popovertarget="keys" popovertargetaction="hide">Close</button></div>';
    list.className = "keys";
    for (const [pressed, words] of keyWords) {
        const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
        for (const key of pressed.split(" ")) {
            const kbd = document.createElement("kbd");
            kbd.textContent = key;
            dt.append(kbd, " ");
        }
        dd.textContent = words;
        list.append(dt, dd);
    }
    box.firstChild.after(list);
    $("#show-keys").before(box);
    $("#show-keys").hidden = false;
}

const keys = {
    "/": () => ($("#search") ?? $("#building-search"))?.focus(),
    "?": () => $("#keys")?.togglePopover(),
    j: () => move(1),
    k: () => move(-1),
    o: () => links()[at()] && openRow(links()[at()]),
    u: up,
    Escape: up,
    "[": () => beside(-1),
    "]": () => beside(1),
    y: () => copyLink(),
    p: pause,
    r: () => $("#message [href$='/resend'], #drawer [href$='/resend']")?.click(),
    h: () => $(":is(#message, #drawer) :is([action$='/hold'], [action$='/release']) button")?.click(),
    t: () => setTheme(themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % 3]),
    g: () => (went = Date.now()),
};

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || dialog?.open) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) {
        if (event.key === "Escape") event.target.blur();
        return;
    }
    const after = Date.now() - went < 1500 ? places[event.key] : null;
    went = 0;
    if (after) {
        event.preventDefault();
        location.assign(after);
    } else if (keys[event.key]) {
        event.preventDefault();
        keys[event.key]();
    }
});

// The building shown is in sight in a long list.
function findShown() {
    const item = !narrow.matches || $(".side:popover-open") ? $(".buildings > .on") : null; // else nothing of it is shown, and asking costs a layout
    const side = $(".side");
    if (item && item.getBoundingClientRect().bottom > side.getBoundingClientRect().bottom) side.scrollTop = item.offsetTop - side.clientHeight / 3;
}

document.addEventListener("toggle", ({ target }) => target.id === "buildings" && findShown(), true);

root.classList.add("js");
if ($("#show-keys")) makeKeyList();
showTheme();
dress(document);
arrange();
findShown();
