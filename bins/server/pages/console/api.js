// @ts-check
/** The server's API (bins/server/src/routes.rs), as the console uses it. */

/**
 * @typedef {'head' | 'bodyEnd'} AreaName
 * @typedef {Record<AreaName, string>} Code
 * @typedef {{severity: 'error' | 'warning', code: string, area: AreaName, line: number, column: number,
 *   message: string, help: string, fix?: {span: {start: number, end: number}, replacement: string}}} Finding
 *   the span of a fix is in bytes
 * @typedef {{status: number, body: any}} Reply
 */

/**
 * Sends a request. A status of 0 means that the server did not answer.
 *
 * @param {string} method @param {string} path @param {object} [body]
 * @returns {Promise<Reply>}
 */
async function call(method, path, body) {
  try {
    const headers = body ? { 'content-type': 'application/json' } : undefined;
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, body: isJson ? JSON.parse(text) : { error: text.trim() } };
  } catch {
    return { status: 0, body: { error: 'the server did not answer' } };
  }
}

export const api = {
  apps: () => call('GET', '/api/apps'),
  /** @param {string} name */
  createApp: (name) => call('POST', '/api/apps', { name }),
  /** @param {string} id */
  app: (id) => call('GET', `/api/apps/${id}`),
  /** @param {string} id @param {{name: string, parentOrigins: string[], jar: string}} settings */
  configure: (id, settings) => call('PUT', `/api/apps/${id}`, settings),
  /** @param {string} id @param {Code} code @param {number} revision the one that was edited */
  save: (id, code, revision) => call('PUT', `/api/apps/${id}/code`, { ...code, revision }),
  /** @param {Code} code */
  check: (code) => call('POST', '/api/check', code),
  /** @param {string} id @param {Code} code */
  preview: (id, code) => call('POST', `/api/apps/${id}/previews`, code),
  events: () => call('GET', '/events.json'),
  examples: () => call('GET', '/examples.json'),
};
