"use strict";
// A field that leaves of the page what has all the words that are typed: rows, points and records.
const sections = [...document.querySelectorAll("main > section")];
const items = (section) => [...section.querySelectorAll("tbody tr, li, .records")];
const form = document.createElement("form");
form.className = "search";
form.setAttribute("role", "search");
form.innerHTML = '<label>Search <input type="search" autocomplete="off"></label> <span role="status"></span>';
const [field, said] = [form.querySelector("input"), form.querySelector("span")];

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const section of sections) {
    let left = 0;
    for (const item of items(section)) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      left += !item.hidden;
    }
    section.hidden = words.length > 0 && left === 0;
    found += left;
  }
  said.textContent = words.length ? `${found} found` : "";
}

field.addEventListener("input", search);
form.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("main > nav").after(form);
