// Search everywhere: Ctrl+K opens it over any page; without this the same is the page /search.
"use strict";

const palette = $("#palette");
const asked = $("#palette-q");
const found = $("#found");
let entered = false; // before the answer was there: its first hit is opened then

function openPalette() {
    for (const open of $$("[popover]:popover-open")) open.hidePopover();
    palette.showModal();
    asked.select();
}

document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-palette]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openPalette();
});

document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (palette.open) palette.close();
    else openPalette();
});

// What was found belongs to the question that stands there, and to no other.
asked.addEventListener("input", () => {
    entered = false;
    found.replaceChildren();
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target === found && detail.requestConfig.parameters.q !== asked.value) detail.shouldSwap = false;
});

palette.addEventListener("click", (event) => event.target === palette && palette.close());
palette.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = $$("a", found);
    event.stopPropagation();
    if (event.key === "Enter" && event.target === asked && asked.value) {
        event.preventDefault();
        if (links.length) links[0].click();
        else entered = !found.hasChildNodes();
    }
    if (!step || !links.length) return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + step;
    if (next < 0) asked.focus();
    else links[Math.min(next, links.length - 1)].focus();
});
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    if (target !== found) return;
    showTimes(palette);
    if (entered) $("a", found)?.click();
    entered = false;
});
