// Moments in the reader's own time zone and language, as Slack's date formats ask for them.

import { now } from "./store.js";

const DAY_S = 86_400;

function day(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / 1000;
}

function near(seconds) {
  const days = Math.round((day(seconds) - day(now())) / DAY_S);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

function local(seconds, options) {
  return new Date(seconds * 1000).toLocaleDateString([], options);
}

export function time(seconds, extra = {}) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...extra });
}

const SHORT = { month: "short", day: "numeric", year: "numeric" };
const LONG = { weekday: "long", month: "long", day: "numeric", year: "numeric" };
const PLAIN = { month: "long", day: "numeric", year: "numeric" };
const FORMATS = {
  date_num: (at) => local(at, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date: (at) => local(at, PLAIN),
  date_short: (at) => local(at, SHORT),
  date_long: (at) => local(at, LONG),
  date_pretty: (at) => near(at) ?? local(at, PLAIN),
  date_short_pretty: (at) => near(at) ?? local(at, SHORT),
  date_long_pretty: (at) => near(at) ?? local(at, LONG),
  time: (at) => time(at),
  time_secs: (at) => time(at, { second: "2-digit" }),
  ago: (at) => near(at) ?? local(at, SHORT),
};

export function format(seconds, pattern) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => FORMATS[name]?.(seconds) ?? whole);
}

export function dayName(seconds) {
  const close = near(seconds);
  return close ? close[0].toUpperCase() + close.slice(1) : local(seconds, { weekday: "long", month: "long", day: "numeric" });
}

export function full(seconds) {
  return new Date(seconds * 1000).toLocaleString([], { dateStyle: "full", timeStyle: "short" });
}

export function clock(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" })}, ${time(seconds, { hour12: false })}`;
}
