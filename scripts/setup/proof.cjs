/** Proves the engine: multiplies two matrices by the library's TensorFlow, and loads its addon. Prints what it runs on. */
const path = require('node:path');

const engine = path.join(__dirname, '..', '..', 'lib', 'dist', 'engine', 'runtime');
const { tf } = require(path.join(engine, 'tensorflow.js'));
const { addon } = require(path.join(engine, 'session.js'));

const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
const values = [...product.dataSync()];
if (values.join() !== '19,22,43,50') throw new Error(`a matrix product is ${values}`);
addon();

const { binding, isUsingGpuDevice } = tf.backend();
console.log(`TensorFlow ${binding.TF_Version} on the ${isUsingGpuDevice ? 'GPU' : 'CPU'}`);
