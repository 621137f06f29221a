/**
 * What a place to get CIFAR-10 from is to the code that installs it.
 */

/** How far the download or what follows it is; both counted in bytes. */
export interface Cifar10Progress {
  /** 'unpack' is what makes the batch files of what was downloaded. */
  readonly step: 'download' | 'unpack';
  /** The source's name, for people. */
  readonly source: string;
  readonly done: number;
  readonly total: number;
}

/** A place to get CIFAR-10 from. */
export interface Cifar10Source {
  /** Its name, for people. */
  readonly name: string;
  /**
   * Downloads into `work`, resuming what an earlier attempt left there, and writes the batch files into
   * `folder`.
   *
   * @throws DownloadError
   */
  fetch(work: string, folder: string, onProgress: (progress: Cifar10Progress) => void): Promise<void>;
}
