// Completion: what a field offers at its caret.
"use strict";

// `offers` answers [{text, help, end}] for what is written there, which begins at `from()`; `eager`: the first is chosen.
// Answers what looks anew.
function complete(field, list, offers, from, eager = false) {
    const chosen = () => $("[aria-selected=true]", list);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);

    function show(open) {
        list.hidden = !open;
        if (field.role === "combobox") field.ariaExpanded = String(open);
        if (!open) field.removeAttribute("aria-activedescendant");
    }

    function choose(by) {
        const items = [...list.children];
        const now = items.indexOf(chosen());
        if (now >= 0) items[now].ariaSelected = "false";
        const next = items[(now + by + items.length + (now < 0 && by < 0 ? 1 : 0)) % items.length];
        next.ariaSelected = "true";
        next.scrollIntoView({ block: "nearest" });
        field.setAttribute("aria-activedescendant", next.id);
    }

    function suggest() {
        const found = offers();
        list.replaceChildren(...found.map(({ text, help, end }, i) => {
            const item = document.createElement("li");
            const code = document.createElement("code");
            item.id = `${list.id}-${i}`;
            item.role = "option";
            item.ariaSelected = "false";
            item.dataset.text = text + end;
            code.textContent = text;
            item.append(code, help ?? "");
            return item;
        }));
        show(found.length > 0);
        if (eager && found.length) choose(1);
    }

    function take(item) {
        const head = field.value.slice(0, from()) + item.dataset.text;
        field.value = head + field.value.slice(field.selectionStart);
        field.setSelectionRange(head.length, head.length);
        field.focus();
        suggest();
    }

    show(false);
    field.addEventListener("input", suggest);
    field.addEventListener("blur", () => setTimeout(show, 150, false));
    list.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        const item = event.target.closest("li");
        if (item) take(item);
    });
    field.addEventListener("keydown", (event) => {
        if (list.hidden) return;
        const wanted = { ArrowDown: () => choose(1), ArrowUp: () => choose(-1), Escape: () => show(false), Tab: () => take(chosen() ?? list.firstElementChild), Enter: () => take(chosen()) }[event.key];
        if (!wanted || event.shiftKey || (event.key === "Enter" && !chosen())) return;
        event.preventDefault();
        event.stopPropagation();
        wanted();
    });
    return suggest;
}

// A note names colleagues: an @ offers those who may see the message, until their whole name stands there.
document.addEventListener("focusin", ({ target: note }) => {
    const box = note.closest(".mentioning");
    if (!box || $("ul", box)) return;
    let people = [];
    const list = document.createElement("ul");
    Object.assign(list, { id: "mentionable", className: "suggestions", role: "listbox", ariaLabel: "Colleagues" });
    box.append(list);
    const begun = () => /(?<![\p{L}\p{N}_+@])@([^@\n]*)$/u.exec(note.value.slice(0, note.selectionStart));
    const fits = (text) => ({ name, email, mention }) => mention.toLowerCase() !== `@${text}` && [name, email, ...name.split(" ")].some((part) => part.toLowerCase().startsWith(text));
    const offers = () => (begun() ? people.filter(fits(begun()[1].toLowerCase())).slice(0, 8).map(({ name, email, mention }) => ({ text: mention, help: mention === `@${email}` ? name : email, end: " " })) : []);
    const suggest = complete(note, list, offers, () => begun().index, true);
    fetch(note.dataset.mentionable)
        .then((answer) => (answer.ok ? answer.json() : { people }))
        .then((answer) => {
            people = answer.people;
            if (document.activeElement === note) suggest();
        })
        .catch(() => {}); // without it a name is written by hand
});
