/* An audit's field for codes: what a hand scanner types is sent at its Enter, and the next one can come. */
"use strict";

document.getElementById("seen")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopImmediatePropagation(); // page.js would mark the form as sent for good
  const form = event.target;
  const body = new URLSearchParams(new FormData(form));
  form.reset();
  form.elements.code.focus();
  try {
    const answer = await Wire.answered(form.action, { method: "POST", body });
    for (const one of (await answer.json()).notices) Notices.show(one.text, one.colour);
  } catch {
    Notices.show(Page.words().lost, "red");
    form.elements.code.value = body.get("code");
  }
  await Parts.now();
});
