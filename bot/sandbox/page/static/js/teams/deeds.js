// What people do in Teams, one thing after another for each of them; a search waits for nobody.

import { sandbox } from "../api.js";

const queues = new Map();

export function post(person, name, body) {
  const run = () => sandbox(`teams/${person}/${name}`, body);
  if (name === "search") return run();
  const after = (queues.get(person) ?? Promise.resolve()).then(run, run);
  queues.set(person, after);
  return after;
}
