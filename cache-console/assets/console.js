// Keeps the figures of a view up to date. Without it the page is whole, and shows them as they were when it was opened.
"use strict";

const view = document.getElementById("view");
const status = document.getElementById("live");

// A status that did not change is not written, so that a screen reader tells of changes alone.
function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

// Makes the children of `here` those of `there`. A node that is of the same kind stays, so that the focus, a selection
// and a table's place stay with it.
function become(here, there) {
  const wanted = Array.from(there.childNodes);
  wanted.forEach((node, at) => {
    const known = here.childNodes[at];
    if (!known) here.appendChild(node);
    else if (known.nodeType !== node.nodeType || known.nodeName !== node.nodeName) here.replaceChild(node, known);
    else if (known.nodeType === Node.ELEMENT_NODE) becomeElement(known, node);
    else if (known.nodeValue !== node.nodeValue) known.nodeValue = node.nodeValue;
  });
  while (here.childNodes.length > wanted.length) here.lastChild.remove();
}

function becomeElement(here, there) {
  // What somebody has written or chosen is theirs.
  if (here.matches("form")) return;
  for (const { name, value } of Array.from(there.attributes)) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  for (const { name } of Array.from(here.attributes)) {
    if (!there.hasAttribute(name)) here.removeAttribute(name);
  }
  become(here, there);
}

function follow() {
  const source = new EventSource(view.dataset.live);
  source.addEventListener("view", (event) => {
    const html = JSON.parse(event.data);
    const parsed = new DOMParser().parseFromString(`<div>${html}</div>`, "text/html");
    become(view, parsed.body.firstChild);
    say("Figures are live: they move once a second.");
  });
  source.addEventListener("rows", (event) => change(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      clearTimeout(quiet);
      say("Figures stand still: too many pages are open, or the process is gone. Reload to try again.");
    } else if (!quiet) {
      quiet = setTimeout(() => say("Figures stand still: the process does not answer. It is asked again."), 5000);
    }
  });
  source.addEventListener("open", () => {
    clearTimeout(quiet);
    quiet = 0;
  });
  // A page that is left keeps no stream, and one that is come back to begins another.
  addEventListener("pagehide", () => source.close(), { once: true });
  return source;
}

// How many rows of changes are kept.
const ROWS = 200;

// Puts new rows on top of those that are there, or in their place.
function change({ html, is_all, status: told }) {
  const rows = document.getElementById("rows");
  const watching = document.getElementById("watching");
  const parsed = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
  const news = Array.from(parsed.querySelectorAll("tr"));
  if (is_all) rows.replaceChildren(...news);
  else rows.prepend(...news);
  while (rows.children.length > ROWS) rows.lastChild.remove();
  if (watching.textContent !== told) watching.textContent = told;
  say("Events are live.");
}

// The stream of this page, while it has one.
let source = null;
let quiet = 0;

// What moves can be stopped, to be read.
function pausable(pause) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    if (source) {
      source.close();
      source = null;
      say("Events stand still: you have paused them.");
    } else {
      source = follow();
    }
    pause.textContent = source ? "Pause" : "Go on";
  });
}

addEventListener("pageshow", (event) => {
  if (event.persisted && source) source = follow();
});

const pause = document.getElementById("pause");
if (view && status) {
  source = follow();
  if (pause) pausable(pause);
}
