// Runs before the first paint: marks that script works, and turns the theme
// "auto" into what the browser wants, also when that changes later.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("ek-has-js");
  if (root.dataset.ekTheme !== "auto") return;
  var dark = matchMedia("(prefers-color-scheme: dark)");
  function set() { root.dataset.bsTheme = dark.matches ? "dark" : "light"; }
  set();
  dark.addEventListener("change", set);
})();
