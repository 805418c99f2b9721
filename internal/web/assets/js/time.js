// Keeps shown times true while a page stands open: "42 min ago", time left on
// clocks, the clock in the top bar. The server's now wins over a wrong clock
// of the device.
window.ek = window.ek || {};
(function () {
  "use strict";
  var skew = 0;
  ek.sync = function (iso) { var t = Date.parse(iso); if (t) skew = t - Date.now(); };
  ek.sync(document.body.dataset.ekNow);
  // The same two units as web.Dur.
  ek.dur = function (ms) {
    var s = Math.floor(ms / 1000);
    if (s <= 0) return "0 s";
    if (s < 60) return s + " s";
    if (s < 3600) return Math.floor(s / 60) + " min";
    var a = s < 86400 ? [3600, "h", 60, "m"] : [86400, "d", 3600, "h"];
    var big = Math.floor(s / a[0]), small = Math.floor(s % a[0] / a[2]);
    return big + " " + a[1] + (small ? " " + small + " " + a[3] : "");
  };
  // Time left rounds up, like web.Left.
  ek.left = function (ms) { return ek.dur(ms > 60000 ? Math.ceil(ms / 60000) * 60000 : ms); };
  function put(el, text) { if (el.textContent !== text) el.textContent = text; }
  function tick() {
    var now = Date.now() + skew;
    document.querySelectorAll("time[data-ek-tick]").forEach(function (el) {
      var t = Date.parse(el.dateTime), how = el.dataset.ekTick;
      put(el, how === "in" ? ek.left(t - now) : ek.dur(now - t) + (how === "ago" ? " ago" : ""));
    });
    document.querySelectorAll("[data-ek-until]").forEach(function (el) {
      var left = Date.parse(el.dataset.ekUntil) - now;
      put(el, left > 0 ? ek.left(left) : ek.dur(-left));
      if (left < 0 && !el.dataset.ekOver) { // the clock ran out while one looked
        el.dataset.ekOver = "1";
        document.dispatchEvent(new CustomEvent("ek:refresh"));
      }
    });
    document.querySelectorAll("[data-ek-since]").forEach(function (el) { put(el, ek.dur(now - Date.parse(el.dataset.ekSince))); });
    document.querySelectorAll("[data-ek-clock]").forEach(function (el) {
      try { put(el, new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: el.dataset.ekClock }).format(now)); } catch (e) { /* a zone this browser does not know */ }
    });
  }
  tick();
  setInterval(tick, 1000);
  // Offer the browser's own zone in the viewer's menu.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.querySelectorAll("[data-ek-zone]").forEach(function (b) {
    var known = b.parentNode.querySelector('button[value="' + zone + '"]');
    if (!zone || known) return;
    b.value = zone;
    b.textContent = "Local, " + new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(Date.now() + skew);
    b.hidden = false;
  });
})();
