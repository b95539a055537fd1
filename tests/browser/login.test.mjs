// Signing in: the one-time password, the forced change, signing out, and what is refused.
import { check, finish } from "../checks.mjs";
import { choosePassword, expect, logIn, newPage, same } from "./browser.mjs";

const admin = { email: process.env.EMAIL, password: process.env.PASSWORD };
const page = await newPage();

check("a page asks for the login and comes back to it afterwards", async () => {
    await page.goto("/outbox");
    expect(/\/login\?next=/.test(page.url()), page.url());
});

check("a wrong password is refused in words", async () => {
    await logIn(page, { ...admin, password: "wrong wrong wrong" });
    expect(await page.textContent(".error"), "no sentence");
    same(await page.inputValue("[name=email]"), admin.email, "the address is kept");
});

check("the one-time password leads to the change of it, and nowhere else", async () => {
    await logIn(page, admin);
    await page.waitForURL("**/password*");
    await page.goto("/track");
    expect(/\/password/.test(page.url()), `came to ${page.url()}`);
});

check("a chosen password opens the pages", async () => {
    await page.goto("/password");
    await choosePassword(page, admin);
    await page.waitForURL("**/track*");
    same(await page.textContent(".brand span"), "Track Center", "brand");
});

check("signing out ends the session", async () => {
    await page.click("[popovertarget=me]");
    await page.click("#me >> text=Sign out");
    await page.waitForURL("**/login*");
    await page.goto("/track");
    expect(/\/login/.test(page.url()), `came to ${page.url()}`);
});

check("the new password signs in", async () => {
    await logIn(page, admin);
    await page.waitForURL("**/track*");
});

check("nothing complained", async () => same(page.complaints.filter((c) => !/status of 4\d\d/.test(c)), [], "complaints"));

await finish();
