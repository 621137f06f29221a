/**
 * The font of the charts. It ships with the project, because a bare machine has none at all.
 */
import * as path from 'node:path';

/** The family that the font files hold. */
export const FONT_FAMILY = 'DejaVu Sans';

const folder = path.join(path.dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');

/** Regular and bold, as paths of files. */
export const FONT_FILES: readonly string[] = [
  path.join(folder, 'DejaVuSans.ttf'),
  path.join(folder, 'DejaVuSans-Bold.ttf'),
];
