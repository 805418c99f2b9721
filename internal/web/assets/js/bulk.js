// Selecting rows: the bar appears with the number chosen; Escape clears.
// Without script the check boxes and the bar's buttons are a plain form.
(function () {
  "use strict";
  function boxes() { return document.querySelectorAll(".ek-sel input[name]"); }
  function chosen() { return document.querySelectorAll(".ek-sel input[name]:checked"); }
  function show() {
    var n = chosen().length;
    document.querySelectorAll("[data-ek-bulk]").forEach(function (b) {
      b.classList.toggle("ek-on", n > 0);
      b.querySelector("[data-ek-bulk-n]").textContent = n + " selected";
    });
    boxes().forEach(function (c) { var tr = c.closest("tr"); if (tr) tr.classList.toggle("ek-on", c.checked); });
    document.querySelectorAll("[data-ek-all]").forEach(function (a) {
      a.checked = n > 0 && n === boxes().length; a.indeterminate = n > 0 && n < boxes().length;
    });
  }
  function clear() { boxes().forEach(function (c) { c.checked = false; }); show(); }
  var last = null;
  document.addEventListener("click", function (e) {
    var c = e.target;
    if (c.closest && c.closest("[data-ek-bulk-clear]")) { clear(); return; }
    if (!c.matches || !c.matches(".ek-sel input[name]")) return;
    if (e.shiftKey && last) { // a range
      var all = Array.prototype.slice.call(boxes()), a = all.indexOf(last), b = all.indexOf(c);
      all.slice(Math.min(a, b), Math.max(a, b) + 1).forEach(function (x) { x.checked = c.checked; });
    }
    last = c;
    show();
  });
  document.addEventListener("change", function (e) {
    if (e.target.dataset && e.target.dataset.ekAll) { boxes().forEach(function (c) { c.checked = e.target.checked; }); show(); }
  });
  document.addEventListener("keydown", function (e) { if (e.key === "Escape" && chosen().length && !document.querySelector("dialog[open]")) clear(); });
  document.addEventListener("ek:swapped", show);
  show();
})();
