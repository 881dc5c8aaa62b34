// @ts-check
/**
 * The trace: reports each request of custom code, and each call that the sandbox ignores. Only the
 * documents of previews have it: its reports contain everything that tags send, and the functions that
 * it replaces are slower.
 */

import { boot } from './boot.js';
import { awaitedScript, cut } from './diagnostics.js';
import { postTo } from './frame.js';
import { watchIgnored } from './ignored.js';
import { lostElement } from './lost.js';
import { port } from './port.js';
import { attempt, endEvent, followEvents } from './report.js';
import { watchRequests } from './requests.js';
import { watcher } from './watcher.js';

/** Starts the trace, if the host asked for it. */
export function startTrace() {
  if (!port || boot.diagnostics !== 'trace') return;
  followEvents();
  // The first handler is the trace's own.
  watcher.delivered = (seq, handlers) => {
    const handled = handlers > 1;
    const loading = (!handled && attempt(() => cut(awaitedScript()))) || '';
    postTo(port, { type: 'delivered', seq, handlers: handlers - 1, loading });
    endEvent(handled);
  };
  watcher.lost = lostElement;
  watchRequests();
  watchIgnored();
}
