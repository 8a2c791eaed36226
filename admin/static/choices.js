/* What is chosen on a page stands in its address: it survives a reload, and can be sent to somebody or put on a wall. */

const address = () => new URLSearchParams(location.search);

/** The chosen value of a name, or an empty text. */
export function chosen(name) {
  return address().get(name) ?? "";
}

/** Chooses a value; an empty one leaves the address. Links with data-mode keep everything else that is chosen. */
export function choose(name, value) {
  const search = address();
  if (value) search.set(name, value);
  else search.delete(name);
  const query = search.toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
  keepLinks();
}

function keepLinks() {
  for (const link of document.querySelectorAll("a[data-mode]")) {
    const search = address();
    if (link.dataset.mode) search.set("mode", link.dataset.mode);
    else search.delete("mode");
    link.setAttribute("href", `?${search}`);
  }
}

/** Ties every <select data-choice="name"> to the address; `changed` is called after each choice. */
export function tie(changed) {
  for (const select of document.querySelectorAll("select[data-choice]")) {
    const name = select.dataset.choice;
    const known = [...select.options].some((option) => option.value === chosen(name));
    select.value = known ? chosen(name) : "";
    select.addEventListener("change", () => {
      choose(name, select.value);
      changed();
    });
  }
  keepLinks();
}
