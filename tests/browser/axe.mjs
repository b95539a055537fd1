// What axe-core finds on a page: the rules of WCAG 2.2 AA and its best practices, as lines of text.
import axe from "axe-core";

export async function axeFaults(page) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html.slice(0, 160)}`);
}
