// @ts-check
/** Whose events a vendor gets: those of visitors who agreed, or also those of pages that do not ask. For owners. */

import { api } from './api.js';
import { ask } from './ask.js';
import { element } from './dom.js';

/** @param {string} app @param {import('./endpoints.js').Endpoint} endpoint @param {(sentence: string) => Promise<unknown>} done */
export function askForConsent(app, { id, name, version, takesNotAsked }, done) {
  const [effect, submit, sentence] = takesNotAsked
    ? ['From now on it gets events only of visitors who agreed to custom code.', 'Only with consent', `${name} gets events of visitors who agreed.`]
    : [
        'From now on it also gets events of pages that do not ask their visitors. Choose this only if the page around the widget asks them itself. Events of visitors who refused never go there.',
        'Also without a question',
        `${name} also gets events of visitors who were not asked.`,
      ];
  ask({
    title: `Whose events does ${name} get?`,
    submit,
    note: null,
    parts: [element('p', '', effect)],
    async perform() {
      const { status, body } = await api.changeConsent(app, id, !takesNotAsked, version);
      if (status === 412) return 'Not changed: the endpoint was changed elsewhere in the meantime. Refresh the page, and look again.';
      if (status !== 200) return `Not changed: ${body.detail}.`;
      await done(sentence);
      return null;
    },
  });
}
