/** `npm run test:faults`: what breaks a run in the middle, as often as it takes to trust it. An argument: how many kills. */
import { killTraining } from './killed';

async function main(): Promise<void> {
  const kills = Number(process.argv[2] ?? 50);
  const { killed, ended, lost } = await killTraining(kills, (line) => console.log(line));
  console.log(`Training: killed ${killed} times in ${ended} runs, lost ${lost}.`);
  process.exitCode = lost === 0 ? 0 : 1;
}

main();
