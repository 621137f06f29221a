/**
 * Random numbers inside a step. TensorFlow.js draws them in JavaScript, which a recorded step would do once and then
 * repeat for ever; while a step is recorded they are drawn by TensorFlow instead, newly at each run.
 */
import { EngineError } from '../../errors';
import { type Attribute, floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { callerLine } from './callerLine';

type Seed = number | string | undefined;

/** The functions of TensorFlow.js that draw in JavaScript and that layers and users call. */
interface Drawing {
  randomUniform(shape: number[], low?: number, high?: number, dtype?: string, seed?: Seed): TensorFlow.Tensor;
  randomNormal(
    shape: number[],
    mean?: number,
    deviation?: number,
    dtype?: string,
    seed?: Seed,
  ): TensorFlow.Tensor;
  truncatedNormal(
    shape: number[],
    mean?: number,
    deviation?: number,
    dtype?: string,
    seed?: Seed,
  ): TensorFlow.Tensor;
  dropout(x: TensorFlow.Tensor, rate: number, noiseShape?: number[], seed?: Seed): TensorFlow.Tensor;
}

// tf.layers and `tf` itself look these functions up here at each call.
const core: Drawing = require(
  require.resolve('@tensorflow/tfjs-core', { paths: [require.resolve('@tensorflow/tfjs-node-gpu')] }),
);

/** TensorFlow wants whole numbers; 0 means drawn from the clock. */
function seedAttribute(seed: Seed): Attribute {
  const text = String(seed ?? 0);
  const whole = [...text].reduce((hash, character) => (Math.imul(hash, 31) + character.charCodeAt(0)) | 0, 0);
  const value = seed === undefined || seed === null ? 0 : Math.abs(whole) + 1;
  return { name: 'seed', type: nativeBackend().binding.TF_ATTR_INT, value };
}

function draw(op: string, shape: number[], seed: Seed): TensorFlow.Tensor {
  const attributes = [
    typeAttribute('dtype', floatType()),
    typeAttribute('T', nativeBackend().binding.TF_INT32),
    seedAttribute(seed),
  ];
  return nativeBackend().executeSingleOutput(op, attributes, [tf.tensor1d(shape, 'int32')]);
}

function spread(op: string) {
  return (shape: number[], mean = 0, deviation = 1, dtype = 'float32', seed?: Seed) =>
    tf.tidy(() => tf.cast(tf.add(tf.mul(draw(op, shape, seed), deviation), mean), dtype as 'float32'));
}

const recorded: Drawing = {
  randomUniform: (shape, low = 0, high = 1, dtype = 'float32', seed) =>
    tf.tidy(() =>
      tf.cast(tf.add(tf.mul(draw('RandomUniform', shape, seed), high - low), low), dtype as 'float32'),
    ),
  randomNormal: spread('RandomStandardNormal'),
  truncatedNormal: spread('TruncatedNormal'),
  dropout: (x, rate, noiseShape, seed) =>
    tf.tidy(() => {
      const keep = 1 - rate;
      const shape = noiseShape?.map((size, i) => size ?? x.shape[i]) ?? x.shape;
      const kept = tf.floor(tf.add(draw('RandomUniform', shape, seed), keep));
      return tf.mul(x, tf.div(kept, keep));
    }),
};

function refuse(): never {
  throw new EngineError(
    `A step draws random numbers in JavaScript (${callerLine()}); a recorded step would repeat the same ones for ever.`,
    'Draw with tf.randomUniform, tf.randomNormal, tf.truncatedNormal or tf.dropout, or pass the numbers as an input.',
  );
}

/** Runs `record` with TensorFlow drawing the random numbers, and JavaScript refused to. */
export function withRecordedRandomness<T>(record: () => T): T {
  const { randomUniform, randomNormal, truncatedNormal, dropout } = core;
  const { random } = Math;
  Object.assign(core, recorded);
  Math.random = refuse;
  try {
    return record();
  } finally {
    Object.assign(core, { randomUniform, randomNormal, truncatedNormal, dropout });
    Math.random = random;
  }
}
