// What is sent to the page's server. Deeds of one person follow each other, as they do in life.

import { toast } from "./toast.js";

const queues = new Map();

async function post(path, body = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const data = await answer.json().catch(() => ({ error: `The sandbox answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(data.error);
  return data;
}

// Resolves to what the server says, or to null after telling the person why not.
export function deed(person, name, body = {}, { quiet = false } = {}) {
  const run = () => post(`/api/people/${person}/${name}`, body);
  const after = (queues.get(person) ?? Promise.resolve()).then(run, run);
  queues.set(person, after.catch(() => {}));
  return after.catch((error) => {
    if (!quiet) toast(error.message, "bad");
    return null;
  });
}

// A search waits for nobody, and nobody waits for it.
export function search(person, field, text) {
  return post(`/api/people/${person}/search`, { field, text });
}

export function read(person, where, ts) {
  post(`/api/people/${person}/read`, { where, ts }).catch(() => {});
}

export function sandbox(path, body = {}) {
  return post(`/api/${path}`, body).catch((error) => {
    toast(error.message, "bad");
    return null;
  });
}

export async function request(number) {
  const answer = await fetch(`/api/traffic/${number}`);
  return answer.ok ? answer.json() : null;
}
