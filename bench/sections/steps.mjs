/** Seconds per training step, of all contenders at once. */
import { processorLevel } from '../../scripts/native.mjs';
import { Contender } from '../contender.mjs';
import { python } from '../python.mjs';
import { table } from '../results.mjs';
import { median, spread } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const ROWS = [
  ['resnet18', 16, 128],
  ['resnet18', 32, 128],
  ['resnet18', 64, 128],
  ['resnet50', 16, 128],
  ['resnet18', 16, 32],
];
const TURNS = 10;
const STEPS = 3;

/**
 * @param {(string | number)[]} row
 * @param {import('../../scripts/setup/project.mjs').Project} project
 */
const bfloat16Contenders = (row, project) => [
  new Contender("this library, precision 'fast'", typescript('ours', ...row, 'fast')),
  new Contender('PyTorch, bfloat16', python(project, 'steps', 'channels_last', 'bfloat16', ...row)),
  new Contender('PyTorch, bfloat16, torch.compile', python(project, 'steps', 'compile', 'bfloat16', ...row)),
];

/**
 * All take turns, so that a machine that gets slower gets slower for all.
 *
 * @param {(string | number)[]} row
 * @param {import('./section.mjs').Context} context
 */
async function measure(row, { project, update }) {
  const contenders = [
    new Contender('this library', typescript('ours', ...row, 'tf32')),
    new Contender('the floor', typescript('floor', ...row)),
    new Contender('PyTorch, NCHW', python(project, 'steps', 'nchw', 'float32', ...row)),
    new Contender('PyTorch, channels_last', python(project, 'steps', 'channels_last', 'float32', ...row)),
    new Contender('PyTorch, torch.compile', python(project, 'steps', 'compile', 'float32', ...row)),
    // Without its products PyTorch takes many times as long.
    ...(processorLevel().endsWith('_bf16') ? bfloat16Contenders(row, project) : []),
    new Contender('TensorFlow.js, trainOnBatch', typescript('plain', ...row)),
  ];
  try {
    // Starting takes the others' cores: nobody is measured before all have started.
    await Promise.all(contenders.map((contender) => contender.ask(0)));
    const measured = [];
    for (const contender of contenders) {
      update(`first step of ${contender.name}`);
      const { seconds } = await contender.ask(1);
      measured.push({ contender, first: seconds[0], later: /** @type {number[]} */ ([]) });
    }
    for (let turn = 1; turn <= TURNS; turn++) {
      for (const { contender, later } of measured) {
        update(`turn ${turn} of ${TURNS}, ${contender.name}`);
        later.push(...(await contender.ask(STEPS)).seconds);
      }
    }
    const [ours, floor] = measured.map(({ later }) => median(later));
    const rows = table(
      [
        '',
        'first step, s',
        'later steps, s: median (min–max)',
        'ours / this',
        'floor / this',
        'peak memory, MB',
      ],
      measured.map(({ contender, first, later }) => [
        contender.name,
        first.toFixed(2),
        spread(later, 3),
        (ours / median(later)).toFixed(2),
        (floor / median(later)).toFixed(2),
        contender.peakMemory().toFixed(0),
      ]),
    );
    return `${rows}\n\n${TURNS} turns of ${STEPS} steps.`;
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
  }
}

/** @type {import('./section.mjs').Section} */
export const steps = {
  name: 'steps',
  title: 'Seconds per training step',
  about: `Forward, backward and update on one batch of noise, float32, SGD with momentum and weight decay. All contenders live at once and take
turns. "Ours / this" below 1 means that this library is faster. bfloat16 is autocast in PyTorch; \`fast\` has
convolutions multiply bfloat16 where that is faster. The floor is the step's convolutions and matrix products alone, each independent of the others, by this library's
kernels, which is what the arithmetic allows today; its memory holds the inputs of all layers at once. The first step of
\`torch.compile\` includes the compilation.`,
  parts: ROWS.map((row) => ({
    name: `steps ${row.join('-')}`,
    title: `${row[0]}, width ${row[1]}, batch ${row[2]}`,
    measure: (context) => measure(row, context),
  })),
};
