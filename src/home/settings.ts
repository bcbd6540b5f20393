import type { Knex } from 'knex';

/** The sample bot and what was made with it. */
export type Sample = {
  botId: string;
  sourceId: string;
  triggerId: string;
  webhookId: string;
  receiverId: string;
};

const sampleName = 'sample_bot';
const stepsName = 'first_steps';

/** What the dashboard remembers of the first ten minutes. */
export function homeSettings(connection: Knex) {
  const settings = () => connection('settings');
  const keep = (name: string, value: string) => settings().insert({ name, value }).onConflict('name').merge();

  return {
    async sample(): Promise<Sample | null> {
      const row = await settings().where({ name: sampleName }).first('value');
      return row ? JSON.parse(row.value) : null;
    },
    /** False when there is one already. */
    async keepSample(sample: Sample): Promise<boolean> {
      const kept = await settings()
        .insert({ name: sampleName, value: JSON.stringify(sample) })
        .onConflict('name')
        .ignore()
        .returning('name');
      return kept.length === 1;
    },
    async forgetSample(): Promise<void> {
      await settings().where({ name: sampleName }).delete();
    },

    async areStepsOver(): Promise<boolean> {
      return (await settings().where({ name: stepsName }).first('name')) !== undefined;
    },
    /** They do not come back. */
    endSteps: (how: 'done' | 'dismissed') => keep(stepsName, how),
  };
}
