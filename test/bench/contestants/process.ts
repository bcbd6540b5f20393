import { givenArgs, tellParent, whenTold } from '../../support/child.js';
import { eventually } from '../../support/eventually.js';
import { monotonic } from '../monotonic.js';
import { startProfile } from '../profile.js';
import { bareLoop } from './bare.js';
import { boss, bossOneByOne } from './boss.js';
import { bull } from './bull.js';
import type { Task } from './contestant.js';
import { hookbell } from './hookbell.js';

const makers = { bare: bareLoop, hookbell, bull, boss, bossOneByOne };

export type Given = {
  maker: keyof typeof makers;
  task: Task;
  warmUp: number;
  /** How many it puts into the store; with none it only helps to send what is there. */
  count: number;
  profile?: string;
};
export type Told = 'go' | 'all arrived';

const { maker, task, warmUp, count, profile } = givenArgs<Given>();

/** What is compiled late is compiled before the clock runs. */
async function warmed(): Promise<void> {
  const first = await makers[maker](task);
  await first.fill(warmUp);
  await first.begin();
  await eventually('warmed up', async () => (await first.delivered()) === warmUp);
  await first.stop();
}

await warmed();
const contestant = await makers[maker](count ? task : { ...task, webhooks: 0 });
const filled = performance.now();
await contestant.fill(count);
const filling = performance.now() - filled;
let began = 0;
let cpu = process.cpuUsage();
let writeProfile = async () => {};

whenTold(
  async ({ told }: { told: Told }) => {
    if (told === 'go') {
      if (profile) writeProfile = await startProfile(profile, `${maker}-${task.webhooks}`);
      cpu = process.cpuUsage();
      began = monotonic();
      await contestant.begin();
      return;
    }
    await eventually('all is recorded', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return (await contestant.delivered()) === count;
    });
    const { user, system } = process.cpuUsage(cpu);
    await writeProfile();
    tellParent({ began, cpu: (user + system) / 1000 });
  },
  () => contestant.stop(),
);
tellParent({ filling });
