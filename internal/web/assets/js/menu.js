// <details> menus work without this; with it they close on Escape, on a click
// elsewhere, and when another one opens.
(function () {
  "use strict";
  var menus = ".ek-menu[open], .ek-more[open]";
  document.addEventListener("click", function (e) {
    document.querySelectorAll(menus).forEach(function (d) { if (!d.contains(e.target)) d.open = false; });
  });
  document.addEventListener("keydown", function (e) {
    if (e.key !== "Escape") return;
    document.querySelectorAll(menus).forEach(function (d) { d.open = false; var s = d.querySelector("summary"); if (s) s.focus(); });
  });
})();
