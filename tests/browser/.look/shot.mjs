import { readFileSync } from "node:fs";
import { newPage } from "../browser.mjs";
import axe from "axe-core";
const { pages, storageState } = JSON.parse(readFileSync("/tmp/revui-s/state.json"));
const names = process.argv[2] ? process.argv[2].split(",") : Object.keys(pages);
const widths = (process.argv[3] || "1440,390").split(",").map(Number), schemes = (process.argv[4] || "light").split(",");
const full = process.argv[5] === "full";
for (const width of widths) for (const colorScheme of schemes) {
  const touch = width < 800;
  const at = await newPage({ viewport: { width, height: touch ? 844 : 900 }, colorScheme, storageState, hasTouch: touch, isMobile: touch });
  for (const name of names) {
    await at.goto(pages[name]); await at.waitForTimeout(200);
    if (process.env.ZOOM) { await at.evaluate(() => (document.documentElement.style.fontSize = "200%")); await at.waitForTimeout(100); }
    await at.screenshot({ path: `/tmp/revui-s/${name}-${width}-${colorScheme}${process.env.ZOOM ? "-zoom" : ""}.png`, fullPage: full });
    if (process.env.AXE) {
      await at.evaluate(axe.source);
      const r = await at.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      for (const v of r.violations) console.log(name, width, colorScheme, v.impact, v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 140)));
    }
    if (at.complaints.length) console.log(name, at.complaints.splice(0));
  }
  await at.context().close();
}
process.exit(0);
