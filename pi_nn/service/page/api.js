// Talks to the daemon; the token stays in this tab.
const KEY = "pi-nn-token";

export class Refused extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

export function setToken(token) { sessionStorage.setItem(KEY, token); }

// The answer to a request; a Refused with the problem's detail, or a TypeError when nobody answers.
export async function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(path, { cache: "no-store", ...options, headers, signal: AbortSignal.timeout(options.patience ?? 8000) });
  if (response.ok) return response;
  let detail = `${response.status} ${response.statusText}`;
  try { detail = (await response.json()).detail ?? detail; } catch { /* not a problem+json: a proxy's page */ }
  throw new Refused(response.status, detail);
}

export const askJson = async (path, options) => (await ask(path, options)).json();

export function sendJson(path, value) {
  return askJson(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });
}

// An element with properties and children.
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export const $ = (id) => document.getElementById(id);
// Nothing is 100 % sure.
export const percent = (value) => value > 0.999 ? "> 99.9 %" : `${(100 * value).toFixed(value < 0.9 ? 0 : 1)} %`;
