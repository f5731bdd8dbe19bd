"use strict";
// Tries again a moment after each change, and leads from a finding or a rule to its line.

const form = document.getElementById("try");
const tried = document.getElementById("tried");
const summary = document.getElementById("summary");
const text = document.getElementById("text");
let waiting;
let asking;

async function ask() {
  asking?.abort();
  asking = new AbortController();
  tried.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.try, { method: "POST", body: new FormData(form), signal: asking.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok) tried.replaceChildren(...page.body.childNodes);
    else tried.replaceChildren(page.querySelector("main") ?? page.body);
    tried.removeAttribute("aria-busy");
    const said = [...tried.querySelectorAll("[data-summary]")].map((one) => one.dataset.summary).join(" ");
    if (summary.textContent !== said) summary.textContent = said;
  } catch (error) {
    if (error.name === "AbortError") return;
    tried.removeAttribute("aria-busy");
    summary.textContent = "The server does not answer.";
  }
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 250);
}

function go(button) {
  const lines = text.value.split("\n");
  const line = Math.min(Number(button.dataset.line), lines.length);
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  text.focus();
  text.setSelectionRange(start + Math.min(Number(button.dataset.column) - 1, lines[line - 1].length), start + lines[line - 1].length);
  text.scrollTop = Math.max(0, (line - 6) * (text.scrollHeight / lines.length));
}

document.getElementById("button").hidden = true;
form.addEventListener("input", later);
form.addEventListener("change", later);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
tried.addEventListener("click", (event) => {
  const button = event.target.closest("button.place");
  if (button) go(button);
});
