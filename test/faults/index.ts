/** `npm run test:faults`: what breaks a run in the middle, as often as it takes to trust it. An argument: how many kills. */
import { killTraining } from './killed';

async function main(): Promise<void> {
  const kills = Number(process.argv[2] ?? 50);
  for (const ending of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    const { killed, ended, lost } = await killTraining(kills, ending, (line) => console.log(line));
    console.log(`Training, ${ending}: ended ${killed} times in ${ended} runs, lost ${lost}.`);
    if (lost > 0) process.exitCode = 1;
  }
}

main();
