/** Ms since the machine started; the same in every process of it (CLOCK_MONOTONIC). */
export const monotonic = () => Number(process.hrtime.bigint()) / 1e6;
