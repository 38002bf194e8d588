import { join } from 'node:path';
import { measureBundles } from './bundles.ts';
import { measureCost } from './cost.ts';
import { measureDecision } from './decision.ts';
import { measureFirstStep } from './first-step.ts';
import { measureHooks } from './hooks.ts';
import { measureMicro } from './micro.ts';
import { measurePromotions } from './promotions.ts';
import { describeMachine, renderHead, renderSection, type Section, writeResults } from './report.ts';
import { startRunningService } from './running-service.ts';
import { measureSenderHooks } from './sender-hooks.ts';
import { measureStart } from './start.ts';

/** Every part stands alone: `npm run bench -- hooks cost` measures two of them. */
const parts: Readonly<Record<string, (full: boolean) => Promise<readonly Section[]>>> = {
  start: async () => [await measureStart()],
  hooks: () => overService(async (service) => [await measureHooks(service)]),
  steps: () => overService(async (service) => [await measureFirstStep(service)]),
  promotions: () => overService(measurePromotions),
  cost: () => measureCost(),
  decision: async (full) => [await measureDecision(full)],
  bundles: () => measureBundles(),
  micro: async () => [measureMicro(), await measureSenderHooks()],
};

async function overService(
  measure: (service: Awaited<ReturnType<typeof startRunningService>>) => Promise<readonly Section[]>,
): Promise<readonly Section[]> {
  const service = await startRunningService({ probe: true });
  try {
    return await measure(service);
  } finally {
    await service.stop();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const full = args.includes('--full');
  const asked = args.filter((arg) => arg !== '--full');
  const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no part ${unknown.join(', ')}. Parts: ${Object.keys(parts).join(', ')}; and --full.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const machine = describeMachine();
  const sections: Section[] = [];
  process.stdout.write(renderHead(machine));
  for (const [name, measure] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    for (const section of await measure(full)) {
      sections.push(section);
      process.stdout.write(renderSection(section));
    }
  }
  const at = new Date().toISOString();
  await writeResults(join(import.meta.dirname, 'results.json'), { at, full, machine, sections });
}

await main(process.argv.slice(2));
