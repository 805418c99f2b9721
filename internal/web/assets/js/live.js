// Live pages. The server says "record X is at version N"; when the page shows
// X, it fetches itself and swaps the regions (data-live) that changed. One
// stream serves all tabs through a SharedWorker; without one each tab opens
// its own. After a gap in the stream everything is fetched anew.
(function () {
  "use strict";
  var body = document.body, url = body.dataset.ekLive;
  if (!url) return;
  var ever = false, timer, busy = false, again = false, last = 0, etag = "";
  function shows(record) {
    var found = false;
    document.querySelectorAll("[data-live]").forEach(function (el) {
      var keys = el.dataset.live.split(/[,;]/).map(function (k) { return k.trim(); });
      if (keys.indexOf("*") >= 0 || keys.indexOf(record) >= 0 || el.dataset.live.split(" ").indexOf(record) >= 0) found = true;
    });
    return found;
  }
  // soon: many changes at once are one refresh; at most one a second.
  function soon() {
    if (timer) return;
    timer = setTimeout(function () { timer = 0; refresh(); }, Math.max(120, 1000 - (Date.now() - last)));
  }
  function refresh() {
    if (document.hidden) { again = true; return; }
    if (busy) { again = true; return; }
    busy = true; again = false; last = Date.now();
    fetch(location.href, { headers: { "Ek-Fragment": "1" }, credentials: "same-origin" })
      .then(function (r) {
        if (r.redirected || !r.ok) throw new Error("page answered " + r.status);
        return r.text();
      })
      .then(swap)
      .catch(function () { /* the next event or reconnect tries again */ })
      .finally(function () { busy = false; if (again) soon(); });
  }
  function typing(el) {
    var f = document.activeElement;
    if (f && el.contains(f) && /^(INPUT|TEXTAREA|SELECT)$/.test(f.tagName)) return true;
    var dirty = false;
    el.querySelectorAll("input, textarea").forEach(function (x) {
      if (x.type !== "hidden" && (x.type === "checkbox" || x.type === "radio" ? x.checked !== x.defaultChecked : x.value !== x.defaultValue)) dirty = true;
    });
    return dirty;
  }
  function swap(html) {
    var doc = new DOMParser().parseFromString(html, "text/html");
    document.querySelectorAll("[data-live][id]").forEach(function (old) {
      var fresh = doc.getElementById(old.id);
      if (!fresh || old.innerHTML === fresh.innerHTML || typing(old)) return;
      var open = [];
      old.querySelectorAll("details[open]").forEach(function (d) { open.push(key(d, old)); });
      old.replaceWith(document.adoptNode(fresh));
      fresh.querySelectorAll("details").forEach(function (d) { if (open.indexOf(key(d, fresh)) >= 0) d.open = true; });
      if (window.htmx) htmx.process(fresh);
    });
    document.dispatchEvent(new CustomEvent("ek:swapped"));
  }
  function key(d, root) { return d.id || Array.prototype.indexOf.call(root.querySelectorAll("details"), d); }
  function heard(m) {
    if (m.type === "state") { ever = ever || m.on; document.documentElement.classList.toggle("ek-is-live", m.on); if (ever) label(m.on); return; }
    if (m.type === "resync") { soon(); return; }
    if (m.type === "change" && shows(m.record)) soon();
  }
  function label(on) {
    document.querySelectorAll(".ek-live").forEach(function (el) { el.textContent = on ? "Live" : "Reconnecting"; });
  }
  document.addEventListener("ek:swapped", function () { if (ever) label(document.documentElement.classList.contains("ek-is-live")); });
  document.addEventListener("ek:refresh", soon);
  document.addEventListener("visibilitychange", function () { if (!document.hidden && again) soon(); });
  if (window.SharedWorker) {
    var w = new SharedWorker(body.dataset.ekWorker, { name: "ek-live" });
    w.port.onmessage = function (e) { heard(e.data); };
    w.port.start();
    w.port.postMessage({ url: new URL(url, location.href).href });
    addEventListener("pagehide", function () { w.port.postMessage({ bye: true }); });
    addEventListener("pageshow", function (e) { if (e.persisted) { w.port.postMessage({ url: new URL(url, location.href).href }); soon(); } });
  } else {
    var es = new EventSource(url), was = false;
    es.onopen = function () { heard({ type: "state", on: true }); if (was) heard({ type: "resync" }); was = true; };
    es.onerror = function () { heard({ type: "state", on: false }); };
    es.addEventListener("change", function (e) { var d = JSON.parse(e.data); heard({ type: "change", record: d.record, version: d.version }); });
    es.addEventListener("resync", function () { heard({ type: "resync" }); });
  }
})();
