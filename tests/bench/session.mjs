// Signing the first administrator in, as a browser would.
import { base } from "../checks.mjs";

const own = "harbour-lantern-27-quiet";

export const cookies = (jar) => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

async function ask(jar, path, form) {
    const answer = await fetch(base + path, {
        method: form ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie: cookies(jar), ...(form ? { origin: base } : {}) },
        body: form && new URLSearchParams(form),
    });
    for (const line of answer.headers.getSetCookie()) {
        const [name, value] = line.split(";")[0].split(/=(.*)/s);
        if (value) jar.set(name, value);
        else jar.delete(name);
    }
    return { status: answer.status, text: await answer.text() };
}

const hidden = (page, name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)[1];

// Answers the cookies of a session that may see every page: the same one whoever asks.
let signed;
export const signIn = () => (signed ??= open());

async function open() {
    const jar = new Map();
    const password = process.env.PASSWORD;
    const login = await ask(jar, "/login");
    await ask(jar, "/login", { loginToken: hidden(login, "loginToken"), next: "/track", email: process.env.EMAIL, password });
    const form = await ask(jar, "/password");
    await ask(jar, "/password", { csrfToken: hidden(form, "csrfToken"), currentPassword: password, newPassword: own, repeatPassword: own });
    const page = await ask(jar, "/track");
    if (page.status !== 200) throw new Error(`signed in, but /track answers ${page.status}`);
    return jar;
}
