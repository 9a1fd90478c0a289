/* The print dialogue asks for itself anew at each choice; what is for printing only stays out of that address. */
"use strict";

document.addEventListener("htmx:config:request", (event) => {
  const request = event.detail.ctx?.request;
  if (request?.method?.toUpperCase() !== "GET") return;
  for (const name of ["csrf", "request_id"]) request.body?.delete?.(name);
});

/* A number out of its bounds is not asked for: say so at once, not when somebody prints. */
document.addEventListener("change", (event) => {
  if (event.target.form?.id === "print-form") event.target.reportValidity();
});
