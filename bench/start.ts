import { median, pause } from './figures.ts';
import type { Section } from './report.ts';
import { startRunningService } from './running-service.ts';

const starts = 3;
const restMs = 2_000;

/** From the spawn to `ready`, and what the tree holds when nothing happens. */
export async function measureStart(): Promise<Section> {
  const ready: number[] = [];
  const resting: { readonly serviceMb: number; readonly engineMb: number; readonly totalMb: number }[] = [];
  for (let n = 0; n < starts; n += 1) {
    const service = await startRunningService();
    ready.push(service.readyMs);
    await pause(restMs);
    resting.push(service.memory());
    await service.stop();
  }
  const mb = (of: 'serviceMb' | 'engineMb' | 'totalMb') => median(resting.map((one) => one[of]));
  return {
    title: 'Start and rest',
    how: `node local/main.ts over an empty folder, ${starts} times, medians; resident memory two seconds after ready, npm not counted`,
    figures: [
      { name: 'start to ready', value: median(ready) / 1_000, unit: 's', target: { atMost: 3 } },
      { name: 'resident at rest: service', value: mb('serviceMb'), unit: 'MB' },
      { name: 'resident at rest: table engine', value: mb('engineMb'), unit: 'MB' },
      { name: 'resident at rest: all', value: mb('totalMb'), unit: 'MB', target: { atMost: 250 } },
    ],
  };
}
