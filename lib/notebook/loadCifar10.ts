/**
 * Loading CIFAR-10 with its download shown: what a notebook or a program calls.
 */
import { checkForm } from '../checks';
import { type Cifar10Options, loadCifar10 as loadSilently } from '../data/cifar10';
import type { TrainAndTest } from '../data/dataset';
import type { Cifar10Progress } from '../data/download/cifar10Source';
import { type LiveText, liveText } from './display/liveText';
import { bar, percent, REDRAW, timeLeft } from './display/progressLine';

/**
 * Loads CIFAR-10 into memory (184 MB), and shows the download (about 150 MB) where it has to be fetched first.
 *
 * @param options without `onProgress` a bar is shown. `sample: true` loads 400 + 200 real images that ship with this
 * library instead.
 * @throws DataError when the folder doesn't have it, a file isn't what it should be, or no source gives it.
 */
export async function loadCifar10(
  options: Cifar10Options & { sample?: boolean } = {},
): Promise<TrainAndTest> {
  checkForm('options', options, {}, 'Give for example { sample: true }.');
  if (options.onProgress) return loadSilently(options);
  const text = liveText();
  const download = downloadReporter(text);
  try {
    const cifar10 = await loadSilently({ ...options, onProgress: download.listener });
    const source = download.source();
    if (source !== undefined) text.line(`Downloaded CIFAR-10 from ${source}.`);
    return cifar10;
  } finally {
    text.status('');
  }
}

/** A listener that shows a download, and the source that it last heard of. */
function downloadReporter(text: LiveText): {
  listener: (progress: Cifar10Progress) => void;
  source: () => string | undefined;
} {
  let last: Cifar10Progress | undefined;
  let [began, doneBefore, drawnAt] = [0, 0, 0];
  return {
    listener(progress) {
      const now = performance.now();
      if (last?.step !== progress.step || last.source !== progress.source) {
        [began, doneBefore, drawnAt] = [now, progress.done, 0];
      }
      last = progress;
      if (now - drawnAt < 1000 * REDRAW) return;
      drawnAt = now;
      text.status(downloadLine(progress, progress.done - doneBefore, (now - began) / 1000));
    },
    source: () => last?.source,
  };
}

/** @param gained bytes since this step began, without what an earlier attempt had left. @param seconds since then. */
function downloadLine(
  { step, source, done, total }: Cifar10Progress,
  gained: number,
  seconds: number,
): string {
  const share = total > 0 ? done / total : 0;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return [
    `CIFAR-10: ${step} from ${source} ${bar(share)} ${percent(share)}`,
    `${megabytes(done)} of ${megabytes(total)} MB`,
    timeLeft(gained, total - done, seconds),
  ].join('  ');
}
