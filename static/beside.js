// A message beside the list: o or the button opens it, j and k move it on, the address holds it, Esc closes it.
"use strict";

const openId = () => new URLSearchParams(location.search).get("open");
const linkOf = (id) => $("th > a", document.getElementById(`m-${id}`) ?? document.createElement("i"));
const idOf = (link) => link.closest("tr").id.slice(2);
let asking = new AbortController();
let shownText = "";
let soon = 0;

function addressOf(id) {
    const query = new URLSearchParams(location.search);
    query.delete("open");
    if (id) query.set("open", id);
    return `/messages${query.size ? "?" : ""}${query}`;
}

// What stands in the panel: a part of the server's, or a sentence of our own.
function put(part) {
    const before = $("#drawer");
    const top = part.dataset.unit === before.dataset.unit ? before.scrollTop : 0;
    before.replaceWith(part);
    part.scrollTop = top;
    window.htmx.process(part);
    dress(part);
    arrange();
    $("#beside-toggle").ariaPressed = String(!part.hidden);
}

function empty(id, title) {
    const part = document.createElement("aside");
    part.className = "drawer";
    part.id = "drawer";
    if (!id) part.hidden = true;
    else {
        part.dataset.unit = id;
        part.innerHTML = '<header><h2 id="drawer-title" tabindex="-1"></h2><a class="button quiet icon-only" id="drawer-close" href="/messages" aria-label="Close">×</a></header>';
        $("h2", part).textContent = title;
    }
    return part;
}

function putFailure(id, sentence) {
    const part = empty(id, "Could not load");
    const [said, again] = [document.createElement("p"), document.createElement("button")];
    said.className = "error";
    said.textContent = sentence;
    again.type = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => load(id, true));
    part.append(said, again);
    put(part);
}

async function ask(id) {
    asking.abort();
    asking = new AbortController();
    const address = new URL(linkOf(id)?.href ?? `/messages/${id}`, location);
    address.pathname += "/panel";
    const answer = await fetch(address, { signal: asking.signal, headers: { "HX-Request": "true" } });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(await cause(answer));
    return answer.text();
}

async function load(id, focus) {
    const later = setTimeout(() => {
        const part = empty(id, "Loading…");
        part.classList.add("waits");
        put(part);
    }, $("#drawer").dataset.unit ? 400 : 150);
    try {
        shownText = await ask(id);
        put(new DOMParser().parseFromString(shownText, "text/html").querySelector("#drawer"));
    } catch (error) {
        if (error.name === "AbortError") return;
        putFailure(id, error instanceof TypeError ? "The server cannot be reached." : error.message);
    } finally {
        clearTimeout(later);
    }
    if (focus) showDrawer(true);
}

// Looks again; what is read stays where it is.
async function look() {
    const id = openId();
    const text = id && (await ask(id).catch(() => null));
    if (!text || text === shownText || id !== openId() || still()) return;
    shownText = text;
    put(new DOMParser().parseFromString(text, "text/html").querySelector("#drawer"));
}

function show(link, focus = true) {
    const id = idOf(link);
    openedFrom = `m-${id}`;
    history[openId() ? "replaceState" : "pushState"]({}, "", addressOf(id));
    return load(id, focus);
}

function close() {
    asking.abort();
    history.pushState({}, "", addressOf(null));
    put(empty());
    showDrawer(true);
}

// The panel follows the row that is walked to, not those that are only passed.
function walk(by) {
    const link = move(by);
    clearTimeout(soon);
    if (link && openId()) soon = setTimeout(() => show(link, false), 80);
}

// While one is open, rows open there and not as pages; with a key held they are links as ever.
document.addEventListener("click", (event) => {
    if (event.target.closest("#drawer-close")) {
        event.preventDefault();
        return close();
    }
    const link = event.target.closest("#units tbody tr") && $("th a", event.target.closest("tr"));
    const other = event.target.closest("a, button, summary, input, td:has(> input)");
    if (!link || !openId() || narrow.matches || (other && other !== link) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || String(getSelection())) return;
    event.preventDefault();
    event.stopPropagation();
    show(link, false);
}, true);

$("#beside-toggle").addEventListener("click", () => {
    if (openId()) return close();
    const link = links()[Math.max(0, at())];
    if (link) show(link);
});

addEventListener("popstate", () => {
    const id = openId();
    if (id) load(id, true);
    else put(empty());
});

setInterval(() => $("#drawer[data-moves]") && !still() && look(), 3_000);
setInterval(() => openId() && !still() && look(), 15_000);

openRow = show;
readAgain = () => load(openId(), false);
for (const [key, by] of [["j", 1], ["k", -1]]) keys[key] = () => walk(by);
$("#beside-toggle").hidden = !links().length;
if (openId()) load(openId(), false);
