"use strict";
// The map: points on a canvas that one can hover, search, click, move and zoom.
(() => {
  const source = document.getElementById("map-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas"), tip = byId("tip"), about = byId("about"), ink = canvas.getContext("2d");

  // ---- what came, unpacked
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const names = data.names, n = names.length;
  const counts = new Uint32Array(bytes(data.counts));
  const near = new Uint16Array(bytes(data.near)), likeness = new Int8Array(bytes(data.likeness));
  const places = data.places.map(({ far, at }) => Float32Array.from(new Int16Array(bytes(at)), (x) => (x / 32000) * far));
  const numbers = data.numbers.map((fact) => ({ ...fact, values: new Float32Array(bytes(fact.values)) }));
  const flags = data.flags.map((fact) => ({ ...fact, bits: new Uint8Array(bytes(fact.bits)) }));
  const groups = data.groups.map((fact) => ({ ...fact, codes: new Int8Array(bytes(fact.codes)) }));
  const has = (fact, i) => (fact.bits[i >> 3] >> (i & 7)) & 1;
  const most = Math.max(1, counts[0] || 1);
  const radius = Float32Array.from(counts, (c) => 1.8 + 7 * Math.sqrt(c / most));
  const number = (x) => (Math.abs(x) >= 1000 ? Math.round(x).toString() : Number.isInteger(x) ? String(x) : x.toFixed(2));
  const times = (c) => `${c.toLocaleString("en")} rating${c === 1 ? "" : "s"}`;

  // ---- what is shown now
  const view = { x: 0, y: 0, zoom: 1, width: 1, height: 1 };
  const state = { across: 0, up: Math.min(1, places.length - 1), color: "n0", least: data.least, hover: -1, chosen: -1 };
  let palette = {}, hues = [], points = [], reserved = [], waiting = false;

  const visible = (i) => counts[i] >= state.least || i === state.chosen || state.close?.has(i);
  const X = (i) => (places[state.across][i] - view.x) * view.zoom + view.width / 2;
  const Y = (i) => view.height / 2 - (places[state.up][i] - view.y) * view.zoom;

  function fit() {
    const shown = points.length ? points : [...names.keys()];
    const ends = (at) => shown.reduce(([low, high], i) => [Math.min(low, at[i]), Math.max(high, at[i])], [Infinity, -Infinity]);
    const [left, right] = ends(places[state.across]), [low, high] = ends(places[state.up]);
    view.x = (left + right) / 2;
    view.y = (low + high) / 2;
    const room = Math.min((view.width - 70) / (right - left || 1), (view.height - 70) / (high - low || 1));
    view.zoom = Math.max(room, 1e-9);
    view.base = view.zoom;
  }

  // ---- colours
  const parse = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  function mixed(a, b, share) {
    const [from, to] = [parse(a), parse(b)];
    return `rgb(${from.map((x, at) => Math.round(x + (to[at] - x) * share)).join(",")})`;
  }
  function readPalette() {
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue(`--${name}`).trim();
    for (const name of ["ink", "soft", "muted", "pale", "middle", "accent", "warm", "card"]) palette[name] = get(name);
    palette.groups = Array.from({ length: 8 }, (_, at) => get(`group-${at}`));
    palette.face = get("face");
    const { accent, middle, warm } = palette, scale = [];
    for (let at = 0; at < 32; at += 1) scale.push(at < 16 ? mixed(accent, middle, at / 15.5) : mixed(middle, warm, (at - 15.5) / 15.5));
    palette.scale = scale;
  }
  const kindOf = () => [state.color[0], Number(state.color.slice(1))];

  function paint() { // the colour of every point
    const [kind, at] = kindOf(), none = palette.muted;
    if (kind === "n" && numbers[at]) {
      const { values, low, high } = numbers[at];
      hues = Array.from(values, (x) => (Number.isNaN(x) ? none : palette.scale[Math.max(0, Math.min(31, Math.floor(((x - low) / (high - low)) * 32)))]));
    } else if (kind === "f") {
      hues = names.map((_, i) => (has(flags[at], i) ? palette.warm : palette.pale));
    } else if (kind === "g") {
      hues = Array.from(groups[at].codes, (code) => (code < 0 ? palette.pale : palette.groups[code % 8]));
    } else hues = names.map(() => palette.accent);
    legend();
  }

  function legend() {
    const box = byId("legend"), [kind, at] = kindOf();
    const entry = (text, color, shape = "") => {
      const [span, dot] = [document.createElement("span"), document.createElement("i")];
      dot.className = shape;
      if (color) dot.style.background = color;
      span.append(dot, text);
      return span;
    };
    const parts = [];
    if (kind === "n" && numbers[at]) {
      const { low, high, name } = numbers[at];
      const span = entry(`${number(high)} ${name}`, "", "bar");
      span.prepend(number(low));
      parts.push(span);
    } else if (kind === "f") parts.push(entry(flags[at].name, "var(--warm)"), entry("others", "var(--pale)"));
    else if (kind === "g") {
      groups[at].levels.forEach((level, code) => parts.push(entry(level, `var(--group-${code % 8})`)));
      if (groups[at].codes.some((code) => code < 0)) parts.push(entry("too few ratings", "var(--pale)"));
    }
    const text = `${points.length.toLocaleString("en")} of ${data.of.toLocaleString("en")} ${data.kind}s; larger points have more ratings`;
    box.replaceChildren(...parts, text);
  }

  // ---- drawing
  function draw() {
    waiting = false;
    const sharp = devicePixelRatio || 1;
    ink.setTransform(sharp, 0, 0, sharp, 0, 0);
    ink.clearRect(0, 0, view.width, view.height);
    cross();
    const lit = state.chosen >= 0;
    const buckets = new Map();
    for (const i of points) {
      if (!buckets.has(hues[i])) buckets.set(hues[i], []);
      buckets.get(hues[i]).push(i);
    }
    ink.globalAlpha = lit ? 0.16 : 0.8;
    for (const [hue, members] of buckets) dots(members, hue);
    ink.globalAlpha = 1;
    const taken = [...reserved];
    if (lit) spotlight(taken);
    if (state.hover >= 0) ring(state.hover, palette.ink, 2);
    if (!lit) titles(points, Math.round(view.width / 26), taken);
  }
  function dots(members, hue) {
    ink.fillStyle = hue;
    const grown = Math.min(2, Math.max(0.8, Math.sqrt(view.zoom / view.base)));
    ink.beginPath();
    for (const i of members) {
      const x = X(i), y = Y(i), r = radius[i] * grown;
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
      ink.moveTo(x + r, y);
      ink.arc(x, y, r, 0, 2 * Math.PI);
    }
    ink.fill();
  }
  function cross() {
    ink.strokeStyle = palette.pale;
    ink.lineWidth = 1;
    ink.beginPath();
    const x = -view.x * view.zoom + view.width / 2, y = view.height / 2 + view.y * view.zoom;
    ink.moveTo(x, 0); ink.lineTo(x, view.height);
    ink.moveTo(0, y); ink.lineTo(view.width, y);
    ink.stroke();
  }
  function spotlight(taken) {
    const i = state.chosen, others = [...state.close];
    ink.strokeStyle = palette.muted;
    ink.lineWidth = 1;
    ink.beginPath();
    for (const j of others) { ink.moveTo(X(i), Y(i)); ink.lineTo(X(j), Y(j)); }
    ink.stroke();
    for (const j of [i, ...others]) dots([j], hues[j]);
    ring(i, palette.ink, 2.5);
    others.forEach((j) => ring(j, palette.ink, 1));
    titles([i, ...others], 99, taken);
  }
  function ring(i, color, width) {
    const grown = Math.min(2, Math.max(0.8, Math.sqrt(view.zoom / view.base)));
    ink.strokeStyle = color;
    ink.lineWidth = width;
    ink.beginPath();
    ink.arc(X(i), Y(i), radius[i] * grown + 1.5, 0, 2 * Math.PI);
    ink.stroke();
  }
  function titles(members, limit, taken) { // the first ones, wherever their names touch no other
    ink.font = `12px ${palette.face}`;
    ink.textBaseline = "middle";
    ink.lineWidth = 3;
    ink.lineJoin = "round";
    let told = 0, tried = 0;
    for (const i of members) {
      if (told >= limit || tried > 400) break;
      const x = X(i), y = Y(i);
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      tried += 1;
      const text = names[i].length > 28 ? `${names[i].slice(0, 27)}…` : names[i];
      const wide = ink.measureText(text).width, away = radius[i] + 4;
      const spots = [[x + away, y], [x - away - wide, y], [x - wide / 2, y - away - 7], [x - wide / 2, y + away + 7]];
      const free = spots.find(([left, middle]) => left > 2 && left + wide < view.width - 2 && middle > 8 && middle < view.height - 8 &&
        !taken.some((box) => left < box[2] && left + wide > box[0] && middle - 8 < box[3] && middle + 8 > box[1]));
      if (!free) continue;
      const [left, middle] = free;
      taken.push([left - 3, middle - 8, left + wide + 3, middle + 8]);
      ink.strokeStyle = palette.card;
      ink.fillStyle = palette.ink;
      ink.strokeText(text, left, middle);
      ink.fillText(text, left, middle);
      told += 1;
    }
  }
  const later = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

  function reserve() { // where buttons and the names of the ends stand
    const stage = canvas.getBoundingClientRect();
    reserved = [...canvas.parentElement.querySelectorAll(".zoom, .end")].map((part) => {
      const box = part.getBoundingClientRect();
      return [box.left - stage.left, box.top - stage.top, box.right - stage.left, box.bottom - stage.top];
    });
  }

  function select() { // which points are on the map; the most rated ones lie below
    points = [...names.keys()].filter(visible);
  }
  function resize() {
    const { clientWidth, clientHeight } = canvas, sharp = devicePixelRatio || 1;
    if (!clientWidth) return;
    const grown = clientWidth / view.width;
    const first = view.width === 1;
    view.width = clientWidth;
    view.height = clientHeight;
    canvas.width = Math.round(clientWidth * sharp);
    canvas.height = Math.round(clientHeight * sharp);
    ends();
    if (first) fit(); else { view.zoom *= grown; view.base *= grown; }
    draw();
    canvas.dataset.drawn = "yes";
  }
  function zoomAt(factor, x = view.width / 2, y = view.height / 2) {
    const wanted = Math.max(view.base / 4, Math.min(view.base * 400, view.zoom * factor));
    const [dx, dy] = [x - view.width / 2, view.height / 2 - y];
    view.x += dx / view.zoom - dx / wanted;
    view.y += dy / view.zoom - dy / wanted;
    view.zoom = wanted;
    later();
  }
  function move(dx, dy) {
    view.x -= dx / view.zoom;
    view.y += dy / view.zoom;
    later();
  }

  // ---- one point
  function at(x, y, reach) { // the nearest point that the pointer touches
    let found = -1, least = Infinity;
    for (const i of points) {
      const far = Math.hypot(X(i) - x, Y(i) - y) - radius[i];
      if (far < reach && far < least) { least = far; found = i; }
    }
    return found;
  }
  function hover(i, x, y) {
    if (i !== state.hover) {
      state.hover = i;
      tip.hidden = i < 0;
      if (i >= 0) tip.replaceChildren(bold(names[i]), ...facts(i, 4).map(([name, text]) => line(`${name}: ${text}`)));
      canvas.style.cursor = i < 0 ? "" : "pointer";
      later();
    }
    if (i < 0) return;
    const { offsetWidth: wide, offsetHeight: high } = tip;
    tip.style.left = `${Math.max(4, Math.min(view.width - wide - 4, x + 14))}px`;
    tip.style.top = `${y + 16 + high > view.height ? Math.max(4, y - high - 12) : y + 16}px`;
  }
  const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  const bold = (text) => element("b", text), line = (text) => element("div", text);
  function facts(i, limit) {
    const told = [["ratings", counts[i].toLocaleString("en")]];
    const [kind, now] = kindOf();
    numbers.forEach((fact, index) => {
      if (!Number.isNaN(fact.values[i]) && fact.name !== "log count") told.push([fact.name, number(fact.values[i]), kind === "n" && index === now]);
    });
    groups.forEach((fact) => { if (fact.codes[i] >= 0) told.push([fact.name, fact.levels[fact.codes[i]]]); });
    const held = flags.filter((fact) => has(fact, i)).map((fact) => fact.name.split(": ").pop());
    if (held.length) told.push(["is", held.slice(0, 8).join(", ")]);
    return told.slice(0, limit + 1);
  }

  function choose(i, center = false) {
    state.chosen = i;
    const row = i < 0 ? [] : [...near.subarray(i * data.width, (i + 1) * data.width)];
    state.close = new Set(row);
    select();
    if (center) { view.x = places[state.across][i]; view.y = places[state.up][i]; }
    tell(i, row);
    legend();
    later();
  }
  function tell(i, row) {
    if (i < 0) {
      const a = /^[aeio]/.test(data.kind) ? "an" : "a", coarse = matchMedia("(pointer: coarse)").matches;
      const hint = element("p", coarse
        ? `Tap ${a} ${data.kind}, or search, for its nearest neighbours. Two fingers move and zoom.`
        : `Point at ${a} ${data.kind} to see what it is; click it, or search, for its nearest neighbours. Drag to move; + and − zoom, and the wheel does once the map was clicked.`);
      hint.className = "soft hint";
      about.replaceChildren(hint);
      return;
    }
    const list = element("dl", "");
    for (const [name, text] of facts(i, 9)) list.append(element("dt", name), element("dd", text));
    const others = element("ol", "");
    row.forEach((j, rank) => {
      const button = element("button", ""), item = element("li", "");
      button.type = "button";
      button.append(element("span", names[j]), element("output", (likeness[i * data.width + rank] / 100).toFixed(2)));
      button.title = times(counts[j]);
      button.addEventListener("click", () => { choose(j); byId("about").querySelector("button")?.focus(); });
      button.addEventListener("pointerenter", () => { state.hover = j; later(); });
      button.addEventListener("pointerleave", () => { state.hover = -1; later(); });
      item.append(button);
      others.append(item);
    });
    const away = element("button", "Clear");
    away.type = "button";
    away.addEventListener("click", () => { choose(-1); canvas.focus(); });
    const few = counts[i] < 10 ? [Object.assign(element("p", `Learnt from ${times(counts[i])} only: its place says little.`), { className: "note" })] : [];
    about.replaceChildren(element("h3", names[i]), list, ...few, element("h3", row.length ? "Nearest, by cosine" : "No neighbours"), others, away);
  }

  // ---- search
  const find = byId("find"), found = byId("found");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  let searched = null, hits = [], active = -1;
  function search() {
    searched ??= names.map(plain);
    const wanted = plain(find.value.trim());
    hits = [];
    if (wanted) {
      const starts = [], inside = [];
      searched.forEach((text, i) => {
        const where = text.indexOf(wanted);
        if (where === 0 || (where > 0 && /[\s("'-]/.test(text[where - 1]))) starts.push(i);
        else if (where > 0) inside.push(i);
      });
      hits = [...starts, ...inside].slice(0, 12);
    }
    active = hits.length ? 0 : -1;
    list();
  }
  function list() {
    const none = find.value.trim() && !hits.length;
    found.replaceChildren(...hits.map((i, rank) => {
      const option = element("li", names[i]);
      option.id = `hit-${rank}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(rank === active));
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(i); });
      return option;
    }), ...(none ? [Object.assign(element("li", `no ${data.kind} has this in its name`), { className: "note" })] : []));
    found.hidden = !hits.length && !none;
    find.setAttribute("aria-expanded", String(!found.hidden));
    if (active >= 0) find.setAttribute("aria-activedescendant", `hit-${active}`);
    else find.removeAttribute("aria-activedescendant");
    byId(`hit-${active}`)?.scrollIntoView({ block: "nearest" });
  }
  function close() { hits = []; active = -1; found.hidden = true; find.setAttribute("aria-expanded", "false"); }
  function take(i) { find.value = names[i]; close(); choose(i, true); }
  find.addEventListener("input", search);
  find.addEventListener("blur", close);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { find.value = ""; close(); choose(-1); }
    else if (event.key === "Enter" && active >= 0) take(hits[active]);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && hits.length) {
      active = (active + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length;
      list();
    } else return;
    event.preventDefault();
  });

  // ---- mouse, fingers, keys
  const pressed = new Map();
  let moved = 0, last = null;
  const spot = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", (event) => {
    try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that is already gone */ }
    pressed.set(event.pointerId, spot(event));
    if (pressed.size === 1) moved = 0;
    last = null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = spot(event), before = pressed.get(event.pointerId);
    if (!before) { hover(at(x, y, 5), x, y); return; }
    pressed.set(event.pointerId, [x, y]);
    if (pressed.size === 1) {
      moved += Math.hypot(x - before[0], y - before[1]);
      if (moved > 4) { hover(-1); move(x - before[0], y - before[1]); }
      return;
    }
    const [[ax, ay], [bx, by]] = [...pressed.values()];
    const now = { x: (ax + bx) / 2, y: (ay + by) / 2, apart: Math.hypot(ax - bx, ay - by) };
    if (last) { move(now.x - last.x, now.y - last.y); zoomAt(now.apart / (last.apart || 1), now.x, now.y); }
    last = now;
    moved = 99;
  });
  const release = (event) => {
    const held = pressed.delete(event.pointerId);
    last = null;
    if (!held || event.type !== "pointerup" || moved > 4) return;
    const [x, y] = spot(event);
    choose(at(x, y, event.pointerType === "mouse" ? 6 : 18));
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => hover(-1));
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY / 400), ...spot(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoomAt(2, ...spot(event)));
  const keys = {
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
    "+": () => zoomAt(1.4), "=": () => zoomAt(1.4), "-": () => zoomAt(1 / 1.4), 0: () => { fit(); later(); }, Escape: () => choose(-1),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    keys[event.key]();
    event.preventDefault();
  });
  byId("closer").addEventListener("click", () => zoomAt(1.6));
  byId("farther").addEventListener("click", () => zoomAt(1 / 1.6));
  byId("all").addEventListener("click", keys[0]);

  // ---- choices
  function options(into, entries) {
    for (const [label, choices] of entries) {
      const group = label ? Object.assign(document.createElement("optgroup"), { label }) : into;
      for (const [value, text] of choices) group.append(new Option(text, value));
      if (label && choices.length) into.append(group);
    }
  }
  const color = byId("color"), least = byId("least");
  options(color, [
    ["Numbers", numbers.map((fact, index) => [`n${index}`, fact.name])],
    ["Groups", groups.map((fact, index) => [`g${index}`, fact.name])],
    ["Yes or no", flags.map((fact, index) => [`f${index}`, fact.name])],
  ]);
  if (!color.options.length) color.append(new Option("nothing", "none"));
  state.color = color.value;
  color.addEventListener("change", () => { state.color = color.value; paint(); later(); });
  for (const name of ["across", "up"]) {
    options(byId(name), [["", data.axes.map((axis, index) => [index, axis.title])]]);
    byId(name).value = String(state[name]);
    byId(name).addEventListener("change", (event) => { state[name] = Number(event.target.value); ends(); fit(); later(); });
  }
  function ends() {
    const told = (names) => names.slice(0, canvas.clientWidth < 560 ? 1 : 2).join(", ");
    const [x, y] = [data.axes[state.across], data.axes[state.up]];
    byId("west").textContent = x.low.length ? `← ${told(x.low)}` : "";
    byId("east").textContent = x.high.length ? `${told(x.high)} →` : "";
    byId("north").textContent = y.high.length ? `↑ ${told(y.high)}` : "";
    byId("south").textContent = y.low.length ? `↓ ${told(y.low)}` : "";
    reserve();
  }
  const steps = 100, rung = (value) => (value >= steps ? most : Math.round(Math.expm1((value / steps) * Math.log1p(most))));
  least.value = String(Math.ceil((Math.log1p(state.least) / Math.log1p(most)) * steps));
  function limit(count) {
    state.least = count;
    byId("least-said").textContent = count.toLocaleString("en");
    select();
    legend();
    later();
  }
  least.addEventListener("input", () => limit(rung(Number(least.value))));

  document.addEventListener("theme", () => { readPalette(); paint(); draw(); }); // at once: paper waits for no frame
  new ResizeObserver(resize).observe(canvas);
  readPalette();
  limit(state.least);
  ends();
  paint();
  choose(-1);
})();
