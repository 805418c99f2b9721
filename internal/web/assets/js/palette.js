// Ctrl-K: jump to a record by key or a word of its title. Enter without a
// choice goes to the search page, which also works without script.
(function () {
  "use strict";
  var box = document.getElementById("ek-palette");
  if (!box || !box.showModal) return;
  var input = box.querySelector("input"), list = box.querySelector("ul"), at = -1, asked = 0, shown = 0, timer;
  ek.palette = function () { if (!box.open) { box.showModal(); input.select(); ask(); } };
  document.querySelectorAll("[data-ek-palette]").forEach(function (el) {
    el.addEventListener("focus", function () { el.blur(); ek.palette(); });
  });
  document.querySelectorAll("[data-ek-palette-open]").forEach(function (el) {
    el.addEventListener("click", function (e) { e.preventDefault(); ek.palette(); });
  });
  document.addEventListener("keydown", function (e) {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); ek.palette(); }
  });
  box.addEventListener("click", function (e) { if (e.target === box) box.close(); });
  input.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, 90); });
  input.addEventListener("keydown", function (e) {
    var n = list.querySelectorAll("[role=option]").length;
    if (e.key === "ArrowDown" && n) { e.preventDefault(); mark((at + 1) % n); }
    else if (e.key === "ArrowUp" && n) { e.preventDefault(); mark((at - 1 + n) % n); }
  });
  // Enter, or Go on a phone's keyboard.
  input.form.addEventListener("submit", function (e) {
    if (at >= 0) { e.preventDefault(); list.querySelectorAll("[role=option]")[at].click(); }
  });
  function mark(i) {
    at = i;
    list.querySelectorAll("[role=option]").forEach(function (li, j) {
      li.setAttribute("aria-selected", j === i);
      if (j === i) { input.setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
    });
  }
  function ask() {
    var mine = ++asked;
    fetch("/search?q=" + encodeURIComponent(input.value), { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (r) { if (!r.ok) throw new Error(r.status); return r.json(); })
      .then(function (d) { if (mine > shown) { shown = mine; draw(d.hits || [], input.value.trim()); } })
      .catch(function () { draw([], "", "The search does not answer. Try again in a moment."); });
  }
  function icon(id) {
    var ns = "http://www.w3.org/2000/svg", s = document.createElementNS(ns, "svg"), u = document.createElementNS(ns, "use");
    s.setAttribute("class", "ek-i"); s.setAttribute("width", 16); s.setAttribute("height", 16); s.setAttribute("aria-hidden", "true");
    u.setAttribute("href", id); s.appendChild(u);
    return s;
  }
  function span(cls, text) { var s = document.createElement("span"); s.className = cls; s.textContent = text; return s; }
  function draw(hits, q, trouble) {
    list.textContent = ""; at = -1; input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", hits.length > 0);
    hits.forEach(function (h, i) {
      var li = document.createElement("li");
      li.id = "ek-hit-" + i; li.setAttribute("role", "option"); li.setAttribute("aria-selected", "false");
      li.append(icon(h.icon), span("ek-rk", h.key), span("ek-trunc", h.title), span("ek-muted ek-small", h.note || h.kind));
      li.addEventListener("click", function (e) { if (e.ctrlKey || e.metaKey) open(h.path); else location.href = h.path; });
      li.addEventListener("mousemove", function () { if (at !== i) mark(i); });
      list.appendChild(li);
    });
    if (hits.length) mark(0);
    else if (trouble || q) {
      var li = document.createElement("li");
      li.className = "ek-none";
      li.textContent = trouble || "Nothing found for “" + q + "”. Try a key like INC-1042 or a word of the title.";
      list.appendChild(li);
    }
  }
})();
