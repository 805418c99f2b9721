// Telling this browser by push: <section data-ek-push="public key"
// data-ek-push-to="/where/to/post"> with a button and a line of text in it.
// The server gets the subscription and a name for it; nothing is asked before
// the button is pressed, as browsers want it.
(function () {
  "use strict";
  var box = document.querySelector("[data-ek-push]");
  if (!box) return;
  var key = box.dataset.ekPush, says = box.querySelector("[data-ek-push-says]"), on = box.querySelector("[data-ek-push-on]"), off = box.querySelector("[data-ek-push-off]");
  function say(text, state) {
    if (says) says.textContent = text;
    box.dataset.ekPushState = state;
    if (on) on.hidden = state !== "off" && state !== "failed";
    if (off) off.hidden = state !== "on";
  }
  if (!("serviceWorker" in navigator)) { say("This browser cannot be told by push. Open this page by https, in a current browser.", "unable"); return; }
  say("Looking whether this browser is told …", "looking");
  var ready = navigator.serviceWorker.register("/sw.js", { scope: "/" }).then(function () { return navigator.serviceWorker.ready; });
  ready.catch(function () { say("The part that receives pushes could not start. Reload the page; private windows cannot receive any.", "failed"); });
  if (!key) return;
  if (!("PushManager" in window) || !("Notification" in window)) {
    say(/iP(hone|ad)/.test(navigator.userAgent) ? "On this phone: tap Share, then “Add to Home Screen”, and open Evenkeel from there." : "This browser cannot be told by push.", "unable");
    return;
  }
  function bytes(b64) {
    var s = atob(b64.replace(/-/g, "+").replace(/_/g, "/")), out = new Uint8Array(s.length);
    for (var i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
    return out;
  }
  function same(a) { // the server's key may have been replaced
    if (!a) return true;
    var x = new Uint8Array(a), y = bytes(key);
    return x.length === y.length && x.every(function (v, i) { return v === y[i]; });
  }
  function device() {
    var ua = navigator.userAgent, os = /Android/.test(ua) ? "Android" : /iPhone/.test(ua) ? "iPhone" : /iPad/.test(ua) ? "iPad" : /Mac/.test(ua) ? "Mac" : /Windows/.test(ua) ? "Windows" : /Linux/.test(ua) ? "Linux" : "device";
    var br = /Firefox/.test(ua) ? "Firefox" : /Edg/.test(ua) ? "Edge" : /Chrom/.test(ua) ? "Chrome" : /Safari/.test(ua) ? "Safari" : "browser";
    return br + " on " + os;
  }
  function hand(sub) {
    var form = new URLSearchParams({ subscription: JSON.stringify(sub.toJSON()), label: device() });
    return fetch(box.dataset.ekPushTo, { method: "POST", credentials: "same-origin", body: form, headers: { Accept: "application/json" } }).then(function (res) {
      if (!res.ok) throw new Error("the server answered " + res.status);
      return res.json();
    }).then(function (m) {
      if (m.said) return say(m.said, "failed");
      say(m.verified ? "This browser is told." : "Almost: tap the message that arrives in a moment, and confirm.", "on");
    });
  }
  function look() {
    return ready.then(function (reg) { return reg.pushManager.getSubscription(); }).then(function (sub) {
      if (Notification.permission === "denied") return say("Notifications from this site are blocked. Allow them in the browser's settings for this site.", "denied");
      if (!sub) return say("This browser is not told yet.", "off");
      if (!same(sub.options && sub.options.applicationServerKey)) return sub.unsubscribe().then(start);
      return hand(sub); // the server may have forgotten it
    });
  }
  function start() {
    return ready.then(function (reg) { return reg.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }); }).then(hand);
  }
  function failed(e) { say("That did not work: " + (e && e.message || e) + ". Try again.", "failed"); }
  if (on) on.addEventListener("click", function () {
    Notification.requestPermission().then(function (p) { return p === "granted" ? start() : look(); }).catch(failed);
  });
  if (off) off.addEventListener("click", function () {
    ready.then(function (reg) { return reg.pushManager.getSubscription(); }).then(function (sub) { return sub && sub.unsubscribe(); }).then(look).catch(failed);
  });
  look().catch(failed);
})();
