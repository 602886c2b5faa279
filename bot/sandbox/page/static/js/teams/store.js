// What the page knows of Teams. The stream's events of the kind `teams` are changes of it.

export function filled(data) {
  if (!data) return null;
  const teams = { ...data, messages: new Map(), notices: new Map() };
  data.messages.forEach((one) => keep(teams, one));
  return teams;
}

function keep(teams, message) {
  if (!teams.messages.has(message.where)) teams.messages.set(message.where, new Map());
  teams.messages.get(message.where).set(message.id, message);
}

const WRITERS = {
  message: (teams, message) => keep(teams, message),
  gone: (teams, { where, id }) => teams.messages.get(where)?.delete(id),
  window: (teams, { user, window }) => (teams.windows[user] = window),
  notice: (teams, { user, id, text }) => id && teams.notices.set(`${user}/${id}`, text),
  complaint: (teams, text) => teams.complaints.push(text),
};

export function take(teams, change) {
  for (const [kind, data] of Object.entries(change)) WRITERS[kind]?.(teams, data);
}

// Posts with their replies below them, each in order of time.
export function conversation(teams, where) {
  const all = [...(teams.messages.get(where)?.values() ?? [])];
  const known = new Set(all.map((one) => one.id));
  const roots = all.filter((one) => one.root === one.id || !known.has(one.root));
  return roots.map((post) => ({ post, replies: all.filter((one) => one !== post && one.root === post.id) }));
}

export function person(teams, id) {
  return teams.people.find((one) => one.id === id);
}
