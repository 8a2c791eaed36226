/* Keeps a public touchscreen on its page: no menus, no selecting, no zooming, no dragging, no way out by a key. */

const stop = (event) => event.preventDefault();

export function guard() {
  for (const kind of ["contextmenu", "selectstart", "dragstart", "drop", "gesturestart", "gesturechange"]) {
    document.addEventListener(kind, stop, { capture: true });
  }
  const several = (event) => event.touches.length > 1 && event.cancelable && stop(event);
  document.addEventListener("touchstart", several, { passive: false, capture: true });
  document.addEventListener("touchmove", several, { passive: false, capture: true });
  document.addEventListener("wheel", (event) => event.ctrlKey && stop(event), { passive: false, capture: true });
  document.addEventListener("auxclick", stop, { capture: true });
  // printing, finding, saving, new windows, zooming: whatever a keyboard left plugged in could open
  document.addEventListener("keydown", (event) => (event.ctrlKey || event.metaKey || event.altKey || /^F\d+$/.test(event.key)) && stop(event), { capture: true });
}
