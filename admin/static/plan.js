/* The plan of the hall: a room for each area, as wide as its counters need, rooms side by side where they fit.
 *
 * The plan is a grid of columns at least as wide as a tile. A room takes as many columns as it has counters, or all of
 * them; the last room of each shelf takes what is left. On a wall nobody scrolls: the largest letters are found with
 * which the whole hall is on the screen.
 */

const TILE_REM = 12.5; // least width of a tile in which its longest words stand
const DENSE_REM = 8.4; // the same without the small print
const TINY_REM = 7.6; // and with nothing but what it is and for how long
const PHONE = 640;

/** Lays the rooms out in the width there is. */
export function layOut(plan) {
  const wall = document.documentElement.classList.contains("wall");
  if (!wall) plan.classList.toggle("is-dense", innerWidth < PHONE);
  const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const tile = plan.classList.contains("is-tiny") ? TINY_REM : plan.classList.contains("is-dense") ? DENSE_REM : TILE_REM;
  const most = Math.max(1, Math.floor((plan.clientWidth / root + 0.5) / (tile + 0.9)));
  const rooms = [...plan.querySelectorAll(":scope > .room")];
  const sizes = rooms.map((room) => room.querySelectorAll(".tile").length);
  const { columns, places } = arrange(sizes, most);
  plan.style.setProperty("--columns", String(columns));
  rooms.forEach((room, nr) => {
    room.style.setProperty("--span", String(places[nr].span));
    room.style.setProperty("--tiles", String(places[nr].tiles));
  });
}

/** The number of columns with which the rooms need the fewest rows, and of those the widest tiles. */
export function arrange(sizes, most) {
  let best = null;
  for (let columns = most; columns >= Math.max(1, Math.ceil(most * 0.6)); columns -= 1) {
    const found = pack(sizes, columns);
    if (!best || found.rows <= best.rows) best = found;
  }
  return best;
}

function pack(sizes, columns) {
  const shelves = [];
  for (const size of sizes) {
    const rows = Math.max(1, Math.ceil(size / columns));
    const tiles = Math.max(1, Math.ceil(size / rows));
    const shelf = shelves.at(-1);
    if (shelf && rows === 1 && shelf.rows === 1 && shelf.used + tiles <= columns) {
      shelf.used += tiles;
      shelf.rooms.push({ span: tiles, tiles });
    } else shelves.push({ rows, used: tiles, rooms: [{ span: tiles, tiles }] });
  }
  for (const shelf of shelves) shelf.rooms.at(-1).span += columns - shelf.used;
  return { columns, rows: shelves.reduce((sum, shelf) => sum + shelf.rows, 0), places: shelves.flatMap((shelf) => shelf.rooms) };
}

let fitted = "";

/** On a wall: the largest letters with which nothing falls off the lower edge; small ones leave the small print out. */
export function fitWall(plan, content) {
  const root = document.documentElement;
  if (!root.classList.contains("wall")) return void layOut(plan);
  const key = `${innerWidth} ${innerHeight} ${content}`;
  if (key === fitted) return;
  fitted = key;
  // from across the room small print cannot be read anyway: it is left out before the letters become too small
  const levels = [["", 40, 62], ["is-dense", 55, 80], ["is-dense is-tiny", 64, 140]];
  for (const [density, largest, least] of levels) {
    plan.className = `plan ${density}`;
    for (let size = innerHeight / largest; size >= innerHeight / least; size *= 0.97) {
      root.style.fontSize = `${size.toFixed(1)}px`;
      layOut(plan);
      if (root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth) return;
    }
  }
}
