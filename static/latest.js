// Of answers on their way into one place the one that was asked for last comes, as with whole pages; looking again gives way.
"use strict";

const awaited = new Map(); // what a person asked for and waits for, by the place's id
const looksAgain = ({ elt, requestConfig }) => "poll" in elt.dataset || requestConfig.headers["X-Poll"];

document.addEventListener("htmx:beforeRequest", (event) => {
    if (looksAgain(event.detail) && awaited.has(event.detail.target.id)) event.preventDefault();
});

document.addEventListener("htmx:beforeSend", ({ detail }) => {
    const { target, xhr } = detail;
    if (!target.id || looksAgain(detail)) return;
    awaited.set(target.id, xhr);
    xhr.addEventListener("loadend", () => awaited.get(target.id) === xhr && awaited.delete(target.id));
});

document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if ((awaited.get(target.id) ?? xhr) !== xhr) event.detail.shouldSwap = false;
});
