// Shows what the pretend receivers got, newest first.
const inbox = document.getElementById("inbox");
const lists = { messages: document.getElementById("messages"), centre: document.getElementById("centre") };
let shown = "";

async function look() {
  try {
    const answer = await fetch(inbox.dataset.url);
    const text = await answer.text();
    if (answer.ok && text !== shown) {
      shown = text;
      const got = JSON.parse(text);
      lists.messages.replaceChildren(...fill(got.messages, lists.messages, message));
      lists.centre.replaceChildren(...fill(got.centre, lists.centre, event));
    }
  } finally {
    setTimeout(look, 1000);
  }
}

function fill(found, list, draw) {
  return found.length ? found.map(draw) : [element("li", "soft", list.dataset.empty)];
}

function message(one) {
  const card = element("li", "card");
  card.append(element("strong", "", one.title), element("p", "to", one.channel), element("p", "said", one.text));
  return card;
}

function event(one) {
  const card = element("li", "card");
  const details = document.createElement("details");
  details.append(element("summary", "", one.title), element("pre", "said", one.text));
  card.append(details);
  return card;
}

function element(name, kind, text = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

look();
