// Search as you type, and what else a page does better with a script. Without it, everything here
// is a form or a link.
"use strict";

const find = (selector, within = document) => within.querySelector(selector);
const form = find("#search");
const input = find("#q");
const list = find("#suggestions");
const said = find("#said");
let asked = new AbortController(); // the last request for hits
let isTyping = false; // so that one step back leads to what was before

document.documentElement.classList.add("scripted");

function later(milliseconds, action) {
  let timer;
  const start = () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
  start.cancel = () => clearTimeout(timer);
  return start;
}

// Hits: the server makes them, and says the address that they have.

const formAddress = () => "?" + new URLSearchParams([...new FormData(form)].filter(([, value]) => value));

async function show(address, step = "push", isHurried = false) {
  const page = find("#page");
  if (!page) return location.assign("/" + address);
  asked.abort();
  asked = new AbortController();
  settled.cancel();
  page.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/results" + address + (isHurried ? "&typing=1" : ""), { signal: asked.signal });
    if (!answer.ok) return location.assign("/" + address);
    place(await answer.text(), step);
  } catch (error) {
    if (error.name !== "AbortError") said.textContent = "The server does not answer.";
  }
}

function place(html, step) {
  const open = [...document.querySelectorAll("#page details[open]")].map((one) => one.id);
  const focus = document.activeElement.id;
  const made = new DOMParser().parseFromString(html, "text/html");
  find("#page").replaceWith(find("#page", made));
  const { address, query } = find("#page").dataset;
  for (const id of open) if (id !== "export") document.getElementById(id)?.setAttribute("open", "");
  if (focus && focus !== "q") document.getElementById(focus)?.focus({ preventScroll: true });
  if (step === "push" && address !== location.pathname + location.search) history.pushState(null, "", address);
  if (step === "replace") history.replaceState(null, "", address);
  if (!isTyping) input.value = query;
  document.title = (query ? query + " – " : "") + "searcher";
  said.textContent = find("#total").textContent;
  if ("mayLack" in find("#page").dataset) settled();
  ready();
}

// While somebody types, nobody looks for what finds more; when they stop, it is looked for.
const typed = later(120, () => {
  show(formAddress(), isTyping ? "replace" : "push", true);
  isTyping = true;
});
const settled = later(500, () => show(formAddress(), "replace"));

function go(address) {
  isTyping = false;
  typed.cancel();
  hideSuggestions();
  show(address);
}

input.addEventListener("input", () => {
  wanted = input.value;
  suggest();
  settled.cancel();
  if (find("#page")) typed();
});
form.addEventListener("submit", (event) => {
  if (!find("#page")) return;
  event.preventDefault();
  input.blur(); // the next key is for the hits
  go(formAddress());
});
document.addEventListener("change", ({ target }) => {
  if (target.form === form && target !== input && form.reportValidity()) go(formAddress());
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("#page a, #similar a");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || event.defaultPrevented) return;
  const { origin, pathname, search } = new URL(link.href?.baseVal ?? link.href, location.href);
  if (origin !== location.origin || pathname !== "/" || !find("#page")) return;
  event.preventDefault();
  go(search);
  if (link.closest("#pages")) scrollTo(0, 0);
});
window.addEventListener("popstate", () => {
  isTyping = false;
  show(location.search, "none");
});

// Suggestions: a listbox under the search box.

let wanted = null; // the text that suggestions are wanted for, null if for none
const options = () => [...list.children];
const chosen = () => find("[aria-selected=true]", list);

function hideSuggestions() {
  wanted = null;
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function take(option) {
  input.value = option.dataset.query;
  if (find("#page")) go(formAddress());
  else form.submit();
}

const suggest = later(80, async () => {
  const value = wanted;
  const answer = value?.trim() ? await fetch("/suggest?" + new URLSearchParams({ q: value })).catch(() => null) : null;
  const html = answer?.ok ? await answer.text() : "";
  if (value !== wanted || document.activeElement !== input) return;
  list.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.children);
  if (!list.children.length) return hideSuggestions();
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
  input.removeAttribute("aria-activedescendant");
});

input.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key === "Escape" && !list.hidden) hideSuggestions();
  else if (event.key === "Enter" && !list.hidden && chosen()) take(chosen());
  else if (event.key in steps && !list.hidden) {
    const all = [null, ...options()];
    choose(all.at((all.indexOf(chosen()) + steps[event.key]) % all.length));
  } else return;
  event.preventDefault();
});
input.addEventListener("blur", hideSuggestions);
list.addEventListener("mousedown", (event) => {
  event.preventDefault();
  const option = event.target.closest("[role=option]");
  if (option) take(option);
});

// Years: drag over the bars, or go through them by arrows; Shift and Enter end a range.

function ready() {
  const years = find("#years");
  if (!years) return;
  const bars = [...years.querySelectorAll("a")];
  let from = null;
  const brush = (to) => bars.forEach((bar, at) => bar.classList.toggle("brushed", from !== null && at >= Math.min(from, to) && at <= Math.max(from, to)));
  const barAt = (event) => {
    const box = years.getBoundingClientRect();
    return Math.max(0, Math.min(bars.length - 1, Math.floor(((event.clientX - box.left) / box.width) * (years.viewBox.baseVal.width / 10))));
  };
  const choose = (one, other) => {
    find("#from").value = bars[Math.min(one, other)].dataset.low;
    find("#to").value = bars[Math.max(one, other)].dataset.high;
    document.querySelectorAll("#page [name=year]").forEach((box) => (box.checked = false));
    go(formAddress());
  };
  years.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    from = barAt(event);
    years.setPointerCapture(event.pointerId);
    brush(from);
  });
  years.addEventListener("pointermove", (event) => from !== null && brush(barAt(event)));
  years.addEventListener("pointercancel", () => brush((from = null)));
  years.addEventListener("pointerup", (event) => from !== null && choose(from, barAt(event)));
  years.addEventListener("click", (event) => event.detail && event.preventDefault());
  bars.forEach((bar, at) => {
    bar.setAttribute("tabindex", at ? "-1" : "0");
    bar.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[event.key];
      if (event.key === "Enter" && event.shiftKey) {
        if (from === null) brush((from = at));
        else choose(from, at);
      } else if (bars[to]) {
        bar.setAttribute("tabindex", "-1");
        bars[to].setAttribute("tabindex", "0");
        bars[to].focus();
        brush(to);
      } else return;
      event.preventDefault();
    });
  });
}

// Keys, and buttons that copy.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  const hits = [...document.querySelectorAll("#hits > li, #similar > li")];
  const at = hits.findIndex((hit) => hit.contains(document.activeElement));
  if (event.key === "/") input.select();
  else if (event.key === "?") find("#keys").showModal();
  else if (event.key === "j" || event.key === "k") {
    const next = hits[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
    find("a", next ?? hits.at(-1) ?? document.createElement("p"))?.focus();
    next?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "o" && at >= 0) find("a", hits[at]).click();
  else return;
  event.preventDefault();
});
document.addEventListener("click", async ({ target }) => {
  if (!target.dataset?.copies) return;
  const text = document.getElementById(target.dataset.copies);
  getSelection().selectAllChildren(text);
  await navigator.clipboard?.writeText(text.textContent).then(() => (said.textContent = "Copied."), () => {});
});
ready();
