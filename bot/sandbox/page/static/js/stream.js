// Server-sent events. The browser reconnects by itself, and says which event it saw last.

import { KINDS, changed, write } from "./store.js";

export function connect() {
  const source = new EventSource("/api/stream");
  for (const kind of KINDS) source.addEventListener(kind, (event) => write(kind, JSON.parse(event.data)));
  source.addEventListener("open", () => changed("connection", true));
  source.addEventListener("error", () => {
    changed("connection", false);
    // A browser gives up after an answer that is no stream; a restarted sandbox deserves another try.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  });
}
