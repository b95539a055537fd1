// Until when something can be taken back: counts down, and looks what became of it after zero.
"use strict";

const two = (n) => String(n).padStart(2, "0");

function leftUntil(at) {
    const seconds = Math.ceil((at - Date.now()) / 1000);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    if (seconds <= 0) return "";
    if (hours >= 24) return `until ${moment(at)}`;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

// What says how it stands, and nothing else: what is unfolded beside it stays so.
async function lookAgain(form) {
    if (!form?.isConnected) return;
    const answer = await fetch(form.action.replace(/cancel$/, "panel"), { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || !form.isConnected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const within = form.closest("#message, #drawer");
    for (const part of ["p.beside", "#actions", ".three"]) $(part, within).replaceWith($(part, fresh));
    window.htmx.process(within);
    dress(within);
    arrange();
    setTimeout(lookAgain, 3000, $("#actions form[action$='/cancel']:not(:has([data-until]))"));
}

function countDown(within) {
    for (const until of $$("time[data-until]", within)) {
        const at = new Date(until.dateTime);
        const left = leftUntil(at);
        until.title = worded("exact", at);
        until.textContent = left;
        if (left) continue;
        const form = until.closest("form");
        until.remove();
        if (until.ownerDocument === document) setTimeout(lookAgain, 2000, form);
    }
}

addArranger(countDown);
setInterval(countDown, 1000, document);
