// @ts-check
/** Tabs, by the pattern of the ARIA Authoring Practices: arrow keys move between them. */

/** @param {ParentNode} root that holds one tab list */
export function tabs(root) {
  const all = /** @type {HTMLElement[]} */ ([...root.querySelectorAll('[role="tab"]')]);

  /** @param {HTMLElement} chosen */
  function choose(chosen) {
    for (const tab of all) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel) panel.hidden = !isChosen;
    }
  }

  for (const [at, tab] of all.entries()) {
    tab.addEventListener('click', () => choose(tab));
    tab.addEventListener('keydown', ({ key }) => {
      const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      if (step === 0) return;
      const next = all[(at + step + all.length) % all.length];
      choose(next);
      next.focus();
    });
  }
}
