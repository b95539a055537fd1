// The board of shipments: arrows move among its cards, and a card in focus stays so when the board comes anew.
"use strict";

let focused = null;

const cardsOf = (column) => $$("h3 a", column);

function aside(by) {
    const columns = $$("[data-board] > section").filter((column) => cardsOf(column).length);
    const here = document.activeElement.closest("section");
    const column = columns[columns.indexOf(here) + by];
    if (!column) return;
    const place = cardsOf(here).indexOf(document.activeElement);
    const cards = cardsOf(column);
    const next = cards[Math.min(place, cards.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const arrows = { ArrowLeft: () => aside(-1), ArrowRight: () => aside(1), ArrowDown: () => move(1), ArrowUp: () => move(-1) };

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !arrows[event.key] || !event.target.closest("[data-board] h3 a")) return;
    event.preventDefault();
    arrows[event.key]();
});

document.addEventListener("htmx:beforeSwap", () => (focused = document.activeElement?.closest("[data-board] h3 a")?.getAttribute("href")));

document.addEventListener("htmx:afterSettle", () => {
    if (focused && document.activeElement === document.body) $(`[data-board] a[href="${focused}"]`)?.focus({ preventScroll: true });
    focused = null;
});
