import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { FRAME } from './browser.js';

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[] }[];
}

const AXE = createRequire(__filename).resolve('axe-core/axe.min.js');
/** What sticks to the edge of the window would lie in the middle of a picture of the whole page. */
export const UNSTUCK = '.footer, .rows thead th { position: static }';

const SCHEMES = ['light', 'dark'] as const;
const PHONE = { width: 390, height: 844 };
const FRAMES_TO_DRAW = 3;
const DESK = { width: 1200, height: 900 };

/**
 * What axe finds wrong with the page as it stands, dark and light, on the desk and on the phone, and what is wider than
 * the screen; empty when nothing is.
 */
export async function auditOf(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    // Drawings are made anew for the width once it has changed.
    for (let frame = 0; frame < FRAMES_TO_DRAW; frame++) await page.evaluate(FRAME);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > size.width) found.push(`${width} px wide on ${size.width}: ${await page.evaluate<string>(WIDEST)}`);
    for (const list of await page.evaluate<string[]>(SCROLLED))
      found.push(`${list} scrolls sideways on ${size.width} px`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      found.push(
        ...(await violations(page)).map(
          ({ id, impact, nodes }) =>
            `${id} (${impact}, ${colorScheme}, ${size.width} px): ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
        ),
      );
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }
  return found;
}

/** Elements beyond the right edge, as a hint. */
const WIDEST = `[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.parentElement.closest('.scroll, pre'))
  .slice(0, 4).map((e) => e.tagName + '.' + e.className).join(', ')`;

/** Lists that do not fit: on the phone their rows are cards. */
const SCROLLED = `innerWidth > ${PHONE.width} ? [] : [...document.querySelectorAll('.as-cards')].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.ariaLabel)`;

/** Evaluated by the debugger, which the page's Content-Security-Policy does not bind. */
async function violations(page: Page): Promise<Violation[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate<Violation[]>(
    'axe.run(document).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ target }) => ({ target })) })))',
  );
}
