import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { coldStartMetric, serviceMetrics } from '../shared/contracts/service-metrics.ts';

const root = join(import.meta.dirname, '..');
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Links to other files and headings, outside of code. */
function linksOf(page: string): readonly string[] {
  const text = read(page).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
}

/** As GitHub names headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isDead(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
}

describe('documents', () => {
  it.each(pages)('%s links to what is there', (page) => {
    expect(linksOf(page).filter((link) => isDead(page, link))).toEqual([]);
  });

  it('are found from the readme or from the page of their folder', () => {
    const linked = pages.flatMap((page) => linksOf(page).map((link) => join(dirname(page), link.split('#')[0] ?? '')));
    const found = new Set(linked.flatMap((one) => [one, join(one, 'README.md')]));
    // A folder without a page of its own lists its pages itself.
    const isListed = (page: string) =>
      found.has(join(dirname(page), '/')) && !pages.includes(join(dirname(page), 'README.md'));
    expect(pages.filter((page) => page.startsWith('docs/') && !found.has(page) && !isListed(page))).toEqual([]);
  });

  it('name every metric that functions write', () => {
    const [, told = ''] = read('docs/aws.md').split('\n## Metrics\n');
    const named = [...(told.split('\n## ')[0] ?? '').matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    const written = [...Object.values(serviceMetrics).map(({ name }) => name), coldStartMetric];
    expect(named.toSorted()).toEqual(written.toSorted());
  });

  it('number decisions in order, each in at most five lines', () => {
    const [decided = ''] = read('docs/decisions.md').split('\n## Not in this release');
    const [, ...decisions] = decided.split(/^(?=\d+\. )/m);
    expect(decisions.map((one) => Number.parseInt(one, 10))).toEqual(decisions.map((_, index) => index + 1));
    expect(decisions.filter((one) => one.trim().split('\n').length > 5)).toEqual([]);
  });
});
