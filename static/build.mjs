// Puts what the pages use of other people's work into static/vendor: htmx, the Inter font, and one sprite of icons.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const here = (path) => new URL(path, import.meta.url);
const icons = `
    archive arrow-down arrow-left arrow-right arrow-up ban bell bell-off building-2 check check-check chevron-down chevron-left
    chevron-right circle-alert circle-check circle-help circle-x clock code columns-3 corner-up-left download ellipsis external-link eye
    file-text fingerprint flag mailbox hand hourglass inbox info key-round keyboard link list-checks list-filter loader lock lock-open log-out mail mail-check mail-open
    mail-x map-pin message-square moon package panel-right paperclip pause phone play plus printer refresh-cw rotate-cw route scale search
    send shield-alert shield-check shopping-bag sticky-note skip-forward sun sun-moon tag triangle-alert truck undo-2 upload user users x
`.trim().split(/\s+/);

// Names of ours for what a page knows by its tone or channel.
const aliases = {
    "tone-waiting": "hourglass",
    "tone-moving": "send",
    "tone-done": "check",
    "tone-attention": "triangle-alert",
    "tone-failed": "circle-x",
    "tone-hand": "hand",
    "state-new": "hourglass",
    "state-processed": "check",
    "state-ignored": "ban",
    "state-failed": "circle-x",
    "channel-EMAIL": "mail",
    "channel-SMS": "message-square",
    "channel-LETTER": "file-text",
    "channel-LETTER_WITH_RECEIPT": "mail-check",
};

function symbol(id, name = id) {
    const svg = readFileSync(here(`node_modules/lucide-static/icons/${name}.svg`), "utf8");
    const inside = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${id}" viewBox="0 0 24 24">${inside.replace(/\s*\n\s*/g, "").replaceAll(" />", "/>")}</symbol>`;
}

// Those of dense rows and of the account's menu as one column, from which a class of a few letters shows one: rows would weigh twice with the sprite.
const rowIcons = ["archive", "ban", "check", "circle-help", "circle-x", "code", "columns-3", "download", "eye", "file-text", "fingerprint", "flag", "hand", "hourglass", "inbox", "info", "key-round", "list-checks", "list-filter", "loader", "log-out", "mail", "mailbox", "panel-right", "pause", "play", "printer", "rotate-cw", "send", "shield-check", "shopping-bag", "skip-forward", "tag", "triangle-alert", "undo-2", "x",
    ...Object.keys(aliases).filter((name) => /^(tone|channel)-/.test(name))];

function column(names) {
    const piece = (name, i) => symbol(name, aliases[name]).replace(/^<symbol id="[^"]*"/, `<svg y="${24 * i}" width="24" height="24"`).replace("</symbol>", "</svg>");
    return `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="${24 * names.length}" fill="none" stroke="#000" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${names.map(piece).join("")}</svg>\n`;
}

// A channel's icon stands where a cell of the list names it, too.
function rule(name, i) {
    const [, channel] = /^channel-(.*)/.exec(name) ?? [];
    return `.i-${name},.status.${name}${channel ? `,.way>[data-f$="${channel}"]` : ""}{--i:${i}}`;
}

mkdirSync(here("vendor"), { recursive: true });
copyFileSync(here("node_modules/htmx.org/dist/htmx.min.js"), here("vendor/htmx.js"));
copyFileSync(here("node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"), here("vendor/inter.woff2"));
copyFileSync(here("node_modules/@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"), here("vendor/inter-ext.woff2"));
const symbols = [...icons.map((name) => symbol(name)), ...Object.entries(aliases).map(([id, name]) => symbol(id, name))];
writeFileSync(here("vendor/icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
writeFileSync(here("vendor/rows.svg"), column(rowIcons));
writeFileSync(here("vendor/rows.css"), rowIcons.map(rule).join("\n") + "\n");
