// What scripts add to pages that work without them: "select all" without a round trip, one submission per click,
// times of day in the reader's own time zone, the keyboard where the problem is.
"use strict";

for (const button of document.querySelectorAll("button[data-select-all]")) {
  const boxes = () => [...button.form.querySelectorAll("input[type=checkbox]:not(:disabled)")];
  const relabel = () => {
    const all = boxes().every((box) => box.checked);
    button.value = all ? "none" : "all";
    button.textContent = all ? button.dataset.selectNone : button.dataset.selectAll;
  };
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const all = button.value === "all";
    for (const box of boxes()) box.checked = all;
    relabel();
  });
  button.form.addEventListener("change", relabel);
  relabel();
}

for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    // aria-disabled, not disabled: a disabled button's own name and value would be left out of what is sent.
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
  });
  // A page brought back by the back button is a page that may be sent again.
  window.addEventListener("pageshow", () => {
    sent = false;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  });
}

for (const time of document.querySelectorAll("time[data-moment]")) {
  const moment = new Date(time.dateTime);
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  time.textContent = format.format(moment);
}

const problem = document.getElementById("problem");
if (problem) problem.focus();
