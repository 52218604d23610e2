"use strict";
// Light and dark, the section in view, and what is folded when the page is printed.
(() => {
  const root = document.documentElement, button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = {
    get: () => { try { return localStorage.getItem("entable-theme"); } catch { return null; } },
    set: (mode) => { try { localStorage.setItem("entable-theme", mode); } catch { /* not kept */ } },
  };
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";

  function show() {
    button.textContent = dark() ? "☀ Light" : "☾ Dark";
    button.setAttribute("aria-pressed", String(dark()));
    document.dispatchEvent(new Event("theme"));
  }
  const kept = stored.get();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    stored.set(root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  show();

  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const strip = document.querySelector("nav ul"), seen = new Set();
  const mark = () => {
    const now = [...links.keys()].find((id) => seen.has(id));
    for (const [id, link] of links) {
      if (id !== now) { link.removeAttribute("aria-current"); continue; }
      link.setAttribute("aria-current", "true");
      strip.scrollLeft = link.offsetLeft - strip.offsetLeft - (strip.clientWidth - link.offsetWidth) / 2;
    }
  };
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      isIntersecting ? seen.add(target.id) : seen.delete(target.id);
    }
    mark();
  }, { rootMargin: "-15% 0px -60% 0px" });
  document.querySelectorAll("main > section").forEach((section) => watch.observe(section));

  let opened = [], mode;
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((details) => { details.open = true; });
    mode = root.dataset.theme;
    root.dataset.theme = "light";
    document.dispatchEvent(new Event("theme"));
  });
  addEventListener("afterprint", () => {
    opened.forEach((details) => { details.open = false; });
    if (mode) root.dataset.theme = mode; else delete root.dataset.theme;
    document.dispatchEvent(new Event("theme"));
  });
})();
