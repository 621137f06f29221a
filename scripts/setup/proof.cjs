/** Proves the engine: loads TensorFlow.js from the folder named and multiplies two matrices. Prints what it runs on. */
const util = require('node:util');

process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
// TensorFlow.js calls it, and Node 23 took it away.
/** @type {any} */ (util).isNullOrUndefined ??= (/** @type {unknown} */ value) => value == null;
const tf = require(process.argv[2]);

const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
const values = [...product.dataSync()];
if (values.join() !== '19,22,43,50') throw new Error(`a matrix product is ${values}`);
require(require('node:path').join(process.argv[2], 'lib', 'napi-v8', 'graph_session.node'));

const { binding, isUsingGpuDevice } = tf.backend();
console.log(`TensorFlow ${binding.TF_Version} on the ${isUsingGpuDevice ? 'GPU' : 'CPU'}`);
