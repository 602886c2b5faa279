// What the page knows. The stream writes it; whoever shows a part of it listens to its topic.

import * as teams from "./teams/store.js";

export const state = {
  ready: false,
  team: null,
  names: {},
  channels: [],
  messages: new Map(), // channel -> Map(ts -> message)
  modals: {},
  homes: {},
  notices: [],
  complaints: [],
  reads: {},
  rows: [],
  tally: null,
  stage: null,
  guide: [],
  teams: null, // where there is a Teams beside Slack
};

const listeners = new Map();

export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(listener);
  return () => listeners.get(topic).delete(listener);
}

export function changed(topic, detail) {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener(detail);
}

export function now() {
  return Date.now() / 1000 + (state.stage?.shift ?? 0);
}

export function person(id) {
  return state.team.people.find((one) => one.id === id);
}

export function channel(id) {
  return state.channels.find((one) => one.id === id);
}

function keep(message) {
  if (!state.messages.has(message.channel)) state.messages.set(message.channel, new Map());
  state.messages.get(message.channel).set(message.ts, message);
}

export function messagesFor(user, channelId) {
  const held = [...(state.messages.get(channelId)?.values() ?? [])];
  const seen = held.filter((one) => !one.only_for || one.only_for === user);
  return seen.sort((one, other) => (one.ts < other.ts ? -1 : 1));
}

export function unread(user, channelId) {
  const mark = state.reads[user]?.[channelId] ?? "";
  return messagesFor(user, channelId).filter(
    (one) => (!one.thread || one.broadcast) && one.ts > mark && one.user !== user,
  ).length;
}

export function unreadReplies(user, channelId, root) {
  const mark = state.reads[user]?.[`${channelId}/${root}`] ?? "";
  return messagesFor(user, channelId).filter((one) => one.thread === root && one.ts > mark && one.user !== user).length;
}

const WRITERS = {
  snapshot(data) {
    Object.assign(state, {
      team: data.team,
      names: data.names,
      channels: data.channels,
      modals: data.modals,
      homes: data.homes,
      notices: data.notices,
      complaints: data.complaints,
      reads: data.reads,
      rows: data.traffic.rows,
      tally: data.traffic.tally,
      stage: data.stage,
      guide: data.guide,
      teams: teams.filled(data.teams),
    });
    state.messages = new Map();
    data.messages.forEach(keep);
    state.ready = true;
  },
  message: keep,
  message_gone: ({ channel: id, ts }) => state.messages.get(id)?.delete(ts),
  channels: (data) => Object.assign(state, data),
  modal: ({ user, view }) => (state.modals[user] = view),
  home: ({ user, view }) => (state.homes[user] = view),
  notice: (notice) => state.notices.push(notice),
  complaint: (text) => state.complaints.push(text),
  read: ({ user, where, ts }) => ((state.reads[user] ??= {})[where] = ts),
  traffic({ row, tally }) {
    state.tally = tally;
    if (row && row.number > state.rows.length) state.rows.push(row);
  },
  stage: (data) => (state.stage = data),
  guide: (steps) => (state.guide = steps),
  teams: (change) => teams.take(state.teams, change),
};

export const KINDS = Object.keys(WRITERS);

export function write(kind, data) {
  WRITERS[kind](data);
  changed(kind, data);
}
