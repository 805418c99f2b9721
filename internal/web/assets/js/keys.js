// Keyboard: / filters or searches, j and k walk rows, Enter opens, x selects,
// g n / g i / g a go to Now, Incidents, Alerts, g d declares, ? lists the keys. Nothing
// happens while one types or holds a modifier.
(function () {
  "use strict";
  var rows = "[data-ek-row], .ek-il li", at = -1, g = 0;
  var places = { n: "/", i: "/incidents", a: "/alerts", d: "/incidents/new", s: "/services", e: "/evidence" };
  function list() { return Array.prototype.filter.call(document.querySelectorAll(rows), function (r) { return r.offsetParent !== null; }); }
  function walk(step) {
    var l = list();
    if (!l.length) return;
    if (at >= 0 && l[at]) l[at].classList.remove("ek-at-row");
    at = Math.max(0, Math.min(l.length - 1, at + step));
    l[at].classList.add("ek-at-row");
    l[at].scrollIntoView({ block: "nearest" });
    var a = l[at].querySelector("a[href]");
    if (a) a.focus({ preventScroll: true });
  }
  document.addEventListener("keydown", function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "checkbox" || e.target.isContentEditable || document.querySelector("dialog[open]")) return;
    if (g && Date.now() - g < 1200 && places[e.key]) {
      var to = document.querySelector('.ek-side a[href="' + places[e.key] + '"], .ek-top a[href="' + places[e.key] + '"]');
      g = 0;
      if (to) { e.preventDefault(); to.click(); }
      return;
    }
    g = 0;
    switch (e.key) {
      case "/":
        e.preventDefault();
        var f = document.getElementById("ek-filter");
        if (f) f.focus(); else if (ek.palette) ek.palette();
        break;
      case "j": e.preventDefault(); walk(1); break;
      case "k": e.preventDefault(); walk(-1); break;
      case "g": g = Date.now(); break;
      case "x":
        var r = list()[at], c = r && r.querySelector(".ek-sel input, input.ek-cbx");
        if (c) { e.preventDefault(); c.click(); }
        break;
      case "?":
        var h = document.getElementById("ek-help");
        if (h && h.showModal) { e.preventDefault(); h.showModal(); }
        break;
    }
  });
})();
