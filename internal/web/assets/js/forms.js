// Forms: no double posts, Ctrl-Enter sends, a first fault gets the focus.
(function () {
  "use strict";
  document.addEventListener("submit", function (e) {
    var f = e.target;
    if (f.method !== "post" || e.defaultPrevented) return;
    if (f.dataset.ekSent) { e.preventDefault(); return; }
    f.dataset.ekSent = "1";
    setTimeout(function () { delete f.dataset.ekSent; }, 4000); // the answer did not come: let them try again
  });
  addEventListener("pageshow", function () { document.querySelectorAll("form[data-ek-sent]").forEach(function (f) { delete f.dataset.ekSent; }); });
  document.addEventListener("keydown", function (e) {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.tagName === "TEXTAREA" && e.target.form) { e.preventDefault(); e.target.form.requestSubmit(); }
  });
  // A chosen toggle (Key fact, Decision) is taken back by a second click.
  document.addEventListener("mousedown", function (e) {
    var t = e.target.closest && e.target.closest(".ek-toggle"), r = t && t.querySelector("input[type=radio]");
    if (r) r.dataset.ekWas = r.checked ? "1" : "";
  });
  document.addEventListener("click", function (e) {
    if (e.target.matches && e.target.matches(".ek-toggle input[type=radio]") && e.target.dataset.ekWas) { e.target.checked = false; e.target.dataset.ekWas = ""; }
  });
  var bad = document.querySelector("[aria-invalid]");
  if (bad) bad.focus();
  document.querySelectorAll("[data-ek-copy]").forEach(function (b) {
    b.addEventListener("click", function () {
      var from = document.getElementById(b.dataset.ekCopy);
      if (from && navigator.clipboard) navigator.clipboard.writeText(from.textContent.trim()).then(function () { b.textContent = "Copied"; });
    });
  });
})();
