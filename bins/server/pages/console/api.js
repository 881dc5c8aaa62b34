// @ts-check
/** The server's API (bins/server/src/routes.rs), as the console uses it. */

import { BASE, isFramed } from './surface.js';

/**
 * @typedef {'head' | 'bodyEnd'} AreaName
 * @typedef {Record<AreaName, string>} Code
 * @typedef {{severity: 'error' | 'warning', code: string, area: AreaName, line: number, column: number,
 *   message: string, help: string, fix?: {span: {start: number, end: number}, replacement: string}}} Finding
 *   the span of a fix is in bytes
 * @typedef {{status: number, body: any}} Reply
 * @typedef {{name: string, role: string, apps: string[] | null, hours: number}} NewAccess
 */

/** Begins a session where none is, if this console can. @type {() => Promise<boolean>} */
let renew = async () => false;

/** @param {typeof renew} begin */
export const renewBy = (begin) => {
  renew = begin;
};

/** Sends a request; in a frame once more after a sign-in, if the session has ended.
 * @type {typeof send} */
async function call(method, path, body, edited) {
  const reply = await send(method, path, body, edited);
  if (reply.status !== 401 || !isFramed) return reply;
  if (await renew()) return send(method, path, body, edited);
  return { status: 401, body: { ...reply.body, detail: 'you are not signed in any more; reload the page' } };
}

/**
 * Sends a request. A status of 0 means that the server did not answer. An error's body has a sentence in
 * `detail`.
 *
 * @param {string} method @param {string} path @param {object} [body]
 * @param {number} [edited] the version that was edited, for `If-Match`
 * @returns {Promise<Reply>}
 */
async function send(method, path, body, edited) {
  try {
    /** @type {Record<string, string>} */
    const headers = method === 'GET' ? {} : { 'content-type': 'application/json' };
    if (edited !== undefined) headers['if-match'] = `"${edited}"`;
    const response = await fetch(path.startsWith('/api/') ? BASE + path : path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: isJson ? JSON.parse(text) : { detail: text.trim() } };
  } catch {
    return { status: 0, body: { detail: 'the server did not answer' } };
  }
}

/** @param {Record<string, string | number | null>} values @returns {string} */
function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== '');
  return set.length === 0 ? '' : `?${new URLSearchParams(set.map(([name, value]) => [name, `${value}`]))}`;
}

export const api = {
  /** @param {string} secret of a sign-in link */
  offer: (secret) => call('POST', '/api/session/offer', { secret }),
  /** @param {string} secret of a sign-in link */
  signIn: (secret) => send('POST', '/api/session', { secret }),
  /** @param {string} assertion of the provider's product */
  signInBy: (assertion) => send('POST', '/api/session/assertion', { assertion }),
  beginOidc: () => call('POST', '/api/session/oidc/begin'),
  /** @param {{code: string, state: string, iss?: string}} returned as the provider gave it to the browser */
  finishOidc: (returned) => call('POST', '/api/session/oidc', returned),
  session: () => call('GET', '/api/session'),
  signOut: () => call('DELETE', '/api/session'),
  signOutEverywhere: () => call('DELETE', '/api/session/everywhere'),
  sessions: () => call('GET', '/api/sessions'),
  /** @param {string} id */
  endSession: (id) => call('DELETE', `/api/sessions/${id}`),
  links: () => call('GET', '/api/links'),
  /** @param {NewAccess} access */
  makeLink: (access) => call('POST', '/api/links', access),
  /** @param {string} id */
  revokeLink: (id) => call('DELETE', `/api/links/${id}`),
  tokens: () => call('GET', '/api/tokens'),
  /** @param {NewAccess} access */
  makeToken: (access) => call('POST', '/api/tokens', access),
  /** @param {string} id */
  revokeToken: (id) => call('DELETE', `/api/tokens/${id}`),
  /** @param {string} search @param {string | null} after */
  apps: (search, after) => call('GET', `/api/apps${query({ search, after })}`),
  /** @param {string} name */
  createApp: (name) => call('POST', '/api/apps', { name }),
  /** @param {string} id */
  app: (id) => call('GET', `/api/apps/${id}`),
  /** @param {string} id */
  deleteApp: (id) => call('DELETE', `/api/apps/${id}`),
  /** @param {string} id */
  restoreApp: (id) => call('POST', `/api/apps/${id}/restore`),
  /** @param {string} id @param {{name: string, parentOrigins: string[], jar: string, staging: boolean, approval: boolean}} settings
   * @param {number} edited their version */
  configure: (id, settings, edited) => call('PUT', `/api/apps/${id}/settings`, settings, edited),
  /** @param {string} id */
  draft: (id) => call('GET', `/api/apps/${id}/draft`),
  /** @param {string} id @param {Code} code @param {number} edited its version */
  saveDraft: (id, { head, bodyEnd }, edited) => call('PUT', `/api/apps/${id}/draft`, { head, bodyEnd }, edited),
  /** @param {string} id @param {{draft: number, replaces: number | null, to: string, note: string, at: string | null}} publication */
  publish: (id, publication) => call('POST', `/api/apps/${id}/revisions`, publication),
  /** @param {string} id @param {number | null} before */
  revisions: (id, before) => call('GET', `/api/apps/${id}/revisions${query({ before, limit: 20 })}`),
  /** @param {string} id @param {number} number */
  revision: (id, number) => call('GET', `/api/apps/${id}/revisions/${number}`),
  /** @param {string} id @param {number} to @param {number | null} replaces @param {string} note */
  rollBack: (id, to, replaces, note) => call('POST', `/api/apps/${id}/rollback`, { to, replaces, note }),
  /** @param {string} id @param {number} staged @param {number | null} replaces */
  promote: (id, staged, replaces) => call('POST', `/api/apps/${id}/promote`, { staged, replaces }),
  /** @param {string} id @param {boolean} off @param {string} reason */
  switchTo: (id, off, reason) => call('PUT', `/api/apps/${id}/switch`, { off, reason }),
  /** @param {string} id */
  plans: (id) => call('GET', `/api/apps/${id}/plans`),
  /** @param {string} id @param {number} to @param {string} at */
  planSwitchBack: (id, to, at) => call('PUT', `/api/apps/${id}/plans/switch-back`, { to, at }),
  /** @param {string} id @param {string} task */
  cancelPlan: (id, task) => call('DELETE', `/api/apps/${id}/plans/${task}`),
  /** @param {string} id */
  previewLinks: (id) => call('GET', `/api/apps/${id}/preview-links`),
  /** @param {string} id @param {number} hours */
  makePreviewLink: (id, hours) => call('POST', `/api/apps/${id}/preview-links`, { hours }),
  /** @param {string} id @param {string} link */
  revokePreviewLink: (id, link) => call('DELETE', `/api/apps/${id}/preview-links/${link}`),
  /** @param {string} id @param {number | null} before */
  audit: (id, before) => call('GET', `/api/apps/${id}/audit${query({ before, limit: 50 })}`),
  /** @param {string} id */
  integrations: (id) => call('GET', `/api/apps/${id}/integrations`),
  /** @param {string} id @param {import('./collecting.js').Collect} settings @param {number} edited their version */
  collect: (id, settings, edited) => call('PUT', `/api/apps/${id}/integrations/collect`, settings, edited),
  /** @param {string} id @param {import('./endpoint-form.js').Typed} endpoint */
  addEndpoint: (id, endpoint) => call('POST', `/api/apps/${id}/endpoints`, endpoint),
  /** @param {string} id @param {string} endpoint */
  endpoint: (id, endpoint) => call('GET', `/api/apps/${id}/endpoints/${endpoint}`),
  /** @param {string} id @param {string} endpoint @param {import('./endpoint-form.js').Typed} changed @param {number} edited its version */
  changeEndpoint: (id, endpoint, changed, edited) => call('PUT', `/api/apps/${id}/endpoints/${endpoint}`, changed, edited),
  /** @param {string} id @param {string} endpoint */
  removeEndpoint: (id, endpoint) => call('DELETE', `/api/apps/${id}/endpoints/${endpoint}`),
  /** @param {string} id @param {string} endpoint @param {'pause' | 'resume'} move */
  moveEndpoint: (id, endpoint, move) => call('POST', `/api/apps/${id}/endpoints/${endpoint}/${move}`),
  /** @param {string} id @param {string} endpoint */
  askEndpoint: (id, endpoint) => call('POST', `/api/apps/${id}/endpoints/${endpoint}/agreement`),
  /** @param {string} id @param {string} endpoint @param {string} reason @param {number} seen its version */
  skipAgreement: (id, endpoint, reason, seen) => call('POST', `/api/apps/${id}/endpoints/${endpoint}/skip-agreement`, { reason }, seen),
  /** @param {string} id @param {string} endpoint @param {boolean} takesNotAsked @param {number} edited its version */
  changeConsent: (id, endpoint, takesNotAsked, edited) => call('PUT', `/api/apps/${id}/endpoints/${endpoint}/consent`, { takesNotAsked }, edited),
  /** @param {string} id @param {string} endpoint */
  testEndpoint: (id, endpoint) => call('POST', `/api/apps/${id}/endpoints/${endpoint}/test`),
  /** @param {string} id @param {string} endpoint */
  endpointKeys: (id, endpoint) => call('GET', `/api/apps/${id}/endpoints/${endpoint}/keys`),
  /** @param {string} id @param {string} endpoint @param {string} scheme @param {number} overlapHours */
  makeKey: (id, endpoint, scheme, overlapHours) => call('POST', `/api/apps/${id}/endpoints/${endpoint}/keys`, { scheme, overlapHours }),
  /** @param {string} id @param {Record<string, string | number | null>} filter */
  deliveries: (id, filter) => call('GET', `/api/apps/${id}/deliveries${query(filter)}`),
  /** @param {string} id @param {string} endpoint @param {number} seq */
  replayDelivery: (id, endpoint, seq) => call('POST', `/api/apps/${id}/deliveries/${endpoint}/${seq}/replay`, {}),
  /** @param {string} id @param {import('./replay.js').Range} range */
  countReplay: (id, range) => call('GET', `/api/apps/${id}/replays${query(range)}`),
  /** @param {string} id @param {import('./replay.js').Range & {after: number | null}} range */
  replay: (id, range) => call('POST', `/api/apps/${id}/replays`, range),
  /** @param {string} id @param {string} event */
  event: (id, event) => call('GET', `/api/apps/${id}/events/${encodeURIComponent(event)}`),
  /** @param {string} id @param {import('./forget.js').Wish} wish */
  forget: (id, wish) => call('POST', `/api/apps/${id}/events/forget`, wish),
  /** @param {string} id */
  eventTokens: (id) => call('GET', `/api/apps/${id}/event-tokens`),
  /** @param {string} id @param {string} name @param {number} hours */
  makeEventToken: (id, name, hours) => call('POST', `/api/apps/${id}/event-tokens`, { name, hours }),
  /** @param {string} id @param {string} token */
  revokeEventToken: (id, token) => call('DELETE', `/api/apps/${id}/event-tokens/${token}`),
  /** @param {Code} code */
  check: (code) => call('POST', '/api/check', code),
  /** @param {string} id @param {Code} code */
  preview: (id, code) => call('POST', `/api/apps/${id}/previews`, code),
  events: () => call('GET', '/events.json'),
  examples: () => call('GET', '/examples.json'),
};
