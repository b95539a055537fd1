// Correcting a file's errors in place: what was closed stays closed, and the next cell to correct is at hand.
"use strict";

{
    let closed = [];
    let open = false; // whether the corrected cells are listed
    let from = {};

    document.addEventListener("htmx:beforeSwap", ({ detail: { target, requestConfig } }) => {
        if (target.id !== "import") return;
        const { elt: form } = requestConfig;
        closed = $$("details[id]:not([open])", target).map(({ id }) => id);
        open = Boolean($("#corrections")?.open);
        from = { kind: form.closest("details")?.id, line: Number(form.elements.line?.value), column: form.elements.column?.value };
    });

    const lineOf = (form) => Number(form.elements.line.value);

    document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
        if (target.id !== "import" || !from.kind) return;
        const page = $("#import");
        for (const id of closed) document.getElementById(id)?.removeAttribute("open");
        if (open) $("#corrections")?.setAttribute("open", "");
        const forms = $$("td.mend form", page);
        const own = forms.filter((form) => form.closest("details").id === from.kind);
        const wrong = forms.find((form) => lineOf(form) === from.line && form.elements.column.value === from.column);
        const next = wrong ?? own.find((form) => lineOf(form) > from.line) ?? own[0] ?? forms.find((form) => form.checkVisibility());
        (next?.elements.value ?? $("#import-all") ?? $("#main")).focus({ preventScroll: Boolean(next) });
        const left = `Errors left: ${$("[data-errors]", page).textContent}.`;
        $("#said").textContent = wrong ? `Line ${from.line}: ${$("p", wrong.closest("details")).textContent}` : left;
        from = {};
    });
}
