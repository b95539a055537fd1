// Links and texts that are copied, also where there is no clipboard to ask.
"use strict";

// Over plain HTTP there is no clipboard; a selection does it there.
async function copy(text, what) {
    const area = document.createElement("textarea");
    area.value = text;
    let done;
    if (navigator.clipboard) done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    else {
        (document.querySelector("dialog[open]") ?? document.body).append(area);
        area.select();
        done = document.execCommand("copy");
        area.remove();
    }
    toast(done ? `${what} is copied.` : `The browser did not let ${what.toLowerCase()} be copied.`, null, done ? "done" : "failed");
}

const copyLink = () => copy(location.href, "The link");

document.addEventListener("click", ({ target }) => {
    const link = target.closest("[data-copy-link]");
    const text = target.closest("[data-copies]");
    if (link) copy(new URL(link.dataset.copyLink, location).href, "The link");
    if (text) copy(text.nextElementSibling.textContent, "The text");
});

addArranger((within) => {
    for (const pre of $$("[data-copy]:not([data-copies] + *)", within)) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "quiet";
        button.dataset.copies = "";
        button.textContent = "Copy";
        pre.before(button);
    }
});
