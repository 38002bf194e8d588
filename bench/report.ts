import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname } from 'node:path';

export interface Target {
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
}

export interface Section {
  readonly title: string;
  /** How it was measured, one sentence. */
  readonly how: string;
  readonly figures: readonly Figure[];
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Of the last minute before the start: above 0.5, something else was running. */
  readonly load: number;
}

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

export function isMet({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return value <= (target.atMost ?? Number.POSITIVE_INFINITY) && value >= (target.atLeast ?? Number.NEGATIVE_INFINITY);
}

const widths = { name: 62, value: 12, unit: 9, target: 14 };

/** One table, printed as it grows: a line per figure, a line of explanation per section. */
export function renderHead(machine: Machine): string {
  const { processor, cores, memoryGb, system, node, load } = machine;
  const facts = `${processor}, ${cores} cores, ${memoryGb} GB, ${system}, node ${node}, load ${load}`;
  return `${facts}\n\n${line('', 'measured', '', 'target')}\n`;
}

export function renderSection({ title, how, figures }: Section): string {
  return ['', title, `  (${how})`, ...figures.map(figureLine), ''].join('\n');
}

function figureLine(figure: Figure): string {
  const met = isMet(figure);
  const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
  return `${line(`  ${figure.name}`, rounded(figure.value), figure.unit, targetText(figure.target))}${verdict}`.trimEnd();
}

function line(name: string, value: string, unit: string, target: string): string {
  return [
    name.padEnd(widths.name),
    value.padStart(widths.value),
    ' ',
    unit.padEnd(widths.unit),
    target.padEnd(widths.target),
  ].join('');
}

function targetText(target: Target | undefined): string {
  if (target?.atMost !== undefined) return `<= ${target.atMost}`;
  return target?.atLeast === undefined ? '' : `>= ${target.atLeast}`;
}

/** Three figures that mean something. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export async function writeResults(path: string, results: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
}
