// What is wrong with the page, as a list of sentences.
const wrong = [];
const all = (selector) => [...document.querySelectorAll(selector)];
const told = (e) => e.outerHTML.slice(0, 120);

if (!document.documentElement.lang) wrong.push("the page has no language");
for (const one of ["main", "h1", "nav", "header"]) {
  if (all(one).length !== 1) wrong.push(`${all(one).length} of ${one}`);
}
const ids = all("[id]").map((e) => e.id);
ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => wrong.push(`id twice: ${id}`));
all("[aria-labelledby], [aria-describedby]").forEach((e) => {
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    const id = e.getAttribute(name);
    if (id && !document.getElementById(id)?.textContent.trim()) wrong.push(`${name} of nothing: ${told(e)}`);
  }
});
const label = (e) => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.labels?.[0]?.textContent ||
  e.textContent;
all("a, button, input:not([type=hidden]), nav, meter, [role=region]").forEach((e) => {
  if (!label(e)?.trim()) wrong.push(`no name: ${told(e)}`);
});
all("img").forEach((e) => { if (!e.hasAttribute("alt")) wrong.push(`no alt: ${told(e)}`); });
all("th").forEach((e) => { if (!e.scope) wrong.push(`no scope: ${told(e)}`); });
all("table").forEach((e) => { if (!e.closest(".scroll[tabindex='0']")) wrong.push(`does not scroll: ${told(e)}`); });
all("[style], [onclick]").forEach((e) => wrong.push(`inline: ${told(e)}`));
const heads = all("h1, h2, h3").map((e) => Number(e.tagName[1]));
heads.forEach((level, at) => { if (at && level > heads[at - 1] + 1) wrong.push(`a heading is skipped: ${heads}`); });

const rgb = (text) => text.match(/[\d.]+/g).map(Number);
const paper = (e) => {
  for (let at = e; at; at = at.parentElement) {
    const colour = rgb(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const light = (colour) => {
  const [r, g, b] = colour.slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
let seen = 0;
all("body *").forEach((e) => {
  const hasText = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.nodeValue.trim());
  if (!hasText || e.matches("script, style")) return;
  const [a, b] = [light(rgb(getComputedStyle(e).color)), light(paper(e))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  seen += 1;
  if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${told(e)}`);
});
if (seen < 10) wrong.push(`only ${seen} texts`);
return wrong;
