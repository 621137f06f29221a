/**
 * Loading a folder of pictures with its progress shown: what a notebook or a program calls.
 */
import { checkForm } from '../checks';
import {
  brokenText,
  type ImageFolder,
  type ImageFolderOptions,
  loadImageFolder as loadSilently,
} from '../data/imageFolder/loadImageFolder';
import { count } from '../showAs';
import { liveText } from './display/liveText';
import { shownWork } from './display/shownWork';

/**
 * Loads pictures from a folder that has a folder for each class, as `loadImageFolder` of `resnet-notebooks/data`, shows a bar while they are
 * decoded, and names the files that are left out.
 *
 * @param options without `onProgress` the progress is shown
 * @throws DataError when the folder isn't there, has no classes, or a class has no picture that can be read; for a broken file where
 *   `broken` is `refuse`. ConfigError for a setting that can't be. InterruptError where it was interrupted.
 */
export async function loadImageFolder(path: string | URL, options: ImageFolderOptions): Promise<ImageFolder> {
  checkForm('options', options, {}, 'Give at least the size: { size: 64 }.');
  if (options.onProgress) return loadSilently(path, options);
  const folder = await shownWork(
    { name: 'pictures', unit: 'files', signal: options.signal },
    (onProgress, signal) => loadSilently(path, { ...options, onProgress, signal }),
  );
  const { broken } = folder;
  if (broken.length > 0) {
    const text = liveText();
    const files = broken.length === 1 ? '1 file is' : `${count(broken.length)} files are`;
    for (const line of [`${files} left out:`, ...brokenText(broken)]) text.line(line);
  }
  return folder;
}
