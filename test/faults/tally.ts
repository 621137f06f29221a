/** How many faults were tried, and how many of them the software survived. */
export class Tally {
  tried = 0;
  survived = 0;

  /** @param log gets a line for each try */
  constructor(private readonly log: (line: string) => void) {}

  /** How many faults left something broken, or were told in no words of use. */
  get lost(): number {
    return this.tried - this.survived;
  }

  /** Says of a fault why it can't be tried here. */
  leaveOut(name: string, why: string): void {
    this.log(`  not tried ${name}: ${why}`);
  }

  /** Tries one fault: `work` throws where it is lost. */
  async try<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    this.tried++;
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
    try {
      const result = await work();
      this.survived++;
      this.log(`  survived  ${name} (${seconds()})`);
      return result;
    } catch (error) {
      this.log(`  LOST      ${name} (${seconds()})\n${(error as Error).stack}`);
      return undefined;
    }
  }
}
