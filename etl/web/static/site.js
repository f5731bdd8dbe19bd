"use strict";
// The pages say all that they say without this. With it, those that show what is live look again by themselves, while
// they are seen and nobody is at work in them; and "all" stands for what is selected.

function live(main) {
  const seconds = Number(main.dataset.live);
  setInterval(async () => {
    if (document.hidden || main.contains(document.activeElement) || String(getSelection())) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (fresh && fresh.innerHTML !== main.innerHTML) main.replaceChildren(...fresh.childNodes);
    } catch (error) {
      return; // the server has ended; what is shown stays
    }
  }, seconds * 1000);
}

function every(box) {
  const others = [...box.form.querySelectorAll("input[type=checkbox]:not([name=every])")];
  box.addEventListener("change", () => others.forEach((one) => (one.checked = box.checked)));
  others.forEach((one) => one.addEventListener("change", () => (box.checked = box.checked && one.checked)));
}

document.querySelectorAll("main[data-live]").forEach(live);
document.querySelectorAll("input[name=every]").forEach(every);
