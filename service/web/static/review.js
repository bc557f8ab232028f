// The keyboard, and what is said aloud after a page has loaded. Without this file everything works with Tab and Enter.
"use strict";

(() => {
  const STORED = "magflag-single-keys";
  const items = () => [...document.querySelectorAll("[data-item]")];
  const keys = document.getElementById("keys");
  const tick = document.getElementById("keys-on");

  // Private windows may refuse to remember; the keys then are on until they are switched off on the page.
  const remembered = () => { try { return localStorage.getItem(STORED) !== "off"; } catch { return true; } };
  const remember = (on) => { try { localStorage.setItem(STORED, on ? "on" : "off"); } catch { /* not remembered */ } };

  let current = -1;

  const here = () => {
    const all = items();
    const within = document.activeElement && document.activeElement.closest("[data-item]");
    const found = all.indexOf(within);
    return found >= 0 ? found : current;
  };

  const focusOn = (element) => {
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  };

  const go = (step) => {
    const all = items();
    if (!all.length) return;
    const from = here();
    const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + step, 0), all.length - 1);
    current = to;
    focusOn(all[to]);
  };

  const item = () => items()[here()];

  const open = () => {
    const one = item();
    if (!one) return;
    const link = one.querySelector("th a[href]");
    const details = [...one.querySelectorAll("details")].filter((each) => !each.matches(".override, .change"));
    if (!details.length) { if (link) link.click(); return; }
    const any = details.some((each) => !each.open);
    details.forEach((each) => { each.open = any; });
  };

  const openAround = (element) => {
    for (let at = element.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  };

  // What is decided already is not changed by one key: there it only leads to where it can be changed.
  const change = () => {
    const folded = item() && item().querySelector("details.change");
    if (!folded) return false;
    openAround(folded);
    folded.querySelector("summary").focus();
    return true;
  };

  const agree = () => {
    if (!item() || change()) return;
    const button = item().querySelector(".decide button[value=agree]");
    const sign = item().querySelector("form button.primary");
    if (button) button.form.requestSubmit(button); else if (sign) sign.focus();
  };

  const override = () => {
    const reason = item() && item().querySelector(".decide select[name=reason]");
    if (reason) { openAround(reason); reason.focus(); }
  };

  const find = () => {
    const field = document.getElementById("text");
    if (field) field.focus(); else location.assign("/review#text");
  };

  const showKeys = () => {
    if (!keys) { location.assign("/review/help#keyboard"); return; }
    keys.open = true;
    keys.querySelector("summary").focus();
  };

  const does = { j: () => go(1), k: () => go(-1), o: open, a: agree, x: override, "/": find, "?": showKeys };

  const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    const action = does[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.repeat && !"jk".includes(event.key)) return;
    if (isTyping(event.target) || tick && !tick.checked || !remembered()) return;
    event.preventDefault();
    action();
  });

  // A second click while the first is on its way would come back as a conflict with oneself.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => { document.querySelectorAll("form").forEach((each) => { delete each.dataset.sent; }); });

  if (keys && tick) {
    keys.hidden = false;
    tick.checked = remembered();
    tick.addEventListener("change", () => remember(tick.checked));
  }

  // What was recorded is read aloud only if it changes after the page has loaded.
  const said = document.querySelector("#said span");
  if (said) {
    const words = said.textContent;
    said.textContent = "";
    setTimeout(() => { said.textContent = words; }, 100);
  }

  const summary = document.getElementById("mistakes");
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (summary) summary.focus();
  else if (target) { openAround(target); focusOn(target); }

  // A link of the error summary leads to a field, also where that lies folded.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (field) { openAround(field); if (field.matches("input, select, textarea, fieldset, [data-item]")) { event.preventDefault(); focusOn(field); } }
  });
})();
