// Rows that are selected in a list, by the pointer, ranges and keys, and what is done to all of them.
"use strict";

const boxes = () => $$("#units input[type=checkbox]");
const picked = () => boxes().filter((box) => box.checked);
let anchor = null;
let starred = 0;

function showPicked() {
    const said = $("[data-picked]");
    if (said) said.textContent = `${picked().length} selected`;
}

function pickTo(box, on) {
    const all = boxes();
    const [from, to] = [all.indexOf(anchor?.isConnected ? anchor : box), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = on;
}

document.addEventListener("click", (event) => {
    const box = event.target.closest("#units input[type=checkbox]");
    if (!box) return;
    if (event.shiftKey) pickTo(box, box.checked);
    anchor = box;
    showPicked();
});
document.addEventListener("reset", () => setTimeout(showPicked));
document.addEventListener("htmx:afterSwap", showPicked);

// Who comes back from a plan finds nothing selected.
addEventListener("pageshow", () => {
    for (const box of picked()) box.checked = false;
    showPicked();
});

function pick(range) {
    const box = $("input[type=checkbox]", document.activeElement?.closest("#units tbody tr") ?? document.createElement("i"));
    if (!box) return;
    if (range && anchor) pickTo(box, true);
    else box.checked = !box.checked;
    anchor = box;
    showPicked();
}

// Enter in a field beside several buttons means its own; only with that one it goes along, and a text has to be filled in.
document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input[data-enter]");
    if (!field || event.key !== "Enter") return;
    event.preventDefault();
    $$("button[name=action]").find((button) => button.form === field.form && button.value === field.dataset.enter)?.click();
});
document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=action]");
    const fields = button?.form ? [...button.form.elements].filter((e) => e.dataset.enter) : [];
    for (const field of fields) {
        const its = button.value.endsWith(field.dataset.enter); // "untag" has the field of "tag"
        field.required = its && field.matches("input");
        field.disabled = !its;
    }
    setTimeout(() => fields.forEach((field) => (field.disabled = false))); // what goes along is settled by then
}, true);

Object.assign(keys, {
    x: () => pick(false),
    X: () => pick(true),
    e: () => (picked().length ? $("button[form=pick][value=export]") : $("button[form=pick-all][value=export]"))?.click(),
    "*": () => (starred = Date.now()),
    a: () => Date.now() - starred < 1500 && $("#all-matching, #bulk-dialog")?.showPopover(),
});
