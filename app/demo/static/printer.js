// Shows the pretend printer's newest papers as pictures.
const box = document.getElementById("papers");
let shown = "";

async function look() {
  try {
    const answer = await fetch(box.dataset.url);
    const text = await answer.text();
    if (answer.ok && text !== shown) {
      shown = text;
      const papers = JSON.parse(text);
      box.replaceChildren(...papers.map(picture));
      if (!papers.length) box.textContent = box.dataset.empty;
    }
  } finally {
    setTimeout(look, 1000);
  }
}

function picture(svg) {
  const image = document.createElement("img");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  image.alt = "";
  return image;
}

look();
