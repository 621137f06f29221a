/**
 * The optimizer with which airbench trains a network in a few epochs.
 */
import { checkForm, checkPositiveInteger } from '../../checks';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { classifierOf } from '../../models/transfer';
import { Muon } from './muon';
import { SGD } from './sgd';

/** What `airbenchMuon` takes. */
export interface AirbenchMuonOptions {
  /** Images a step. */
  batchSize: number;
  /** Learning rate of the filters; the others follow it. Default 0.24. */
  lr?: number;
}

/** Its rates are for a loss that is summed over the images, and for logits that are divided by the number of features. */
const BIAS_LR = 0.053;
const CLASSIFIER_LR = 0.67;
const FILTER_LR = 0.24;
/** Of an image. */
const WEIGHT_DECAY = 2e-6;

/**
 * Airbench's optimizer for a network of `resnet8`: `Muon` for the filters of convolutions, each kept at a fixed norm, and stochastic
 * gradient descent with Nesterov's momentum for what is left, with one rate for the offsets of batch normalization and another for the
 * classifier. The loss is a mean over the images, as `crossEntropy` is.
 *
 * @throws ConfigError for numbers out of their range, ModelError where the network doesn't end in a fully connected layer
 * @see Jordan 2024, https://github.com/KellerJordan/cifar10-airbench, `airbench94_muon.py`
 */
export function airbenchMuon(net: TensorFlow.LayersModel, options: AirbenchMuonOptions): Muon {
  const { batchSize, lr = FILTER_LR } = checkForm(
    'options',
    options,
    { batchSize: 'number' },
    'Give for example { batchSize: 1000 }.',
  );
  checkPositiveInteger('batchSize', batchSize);
  const classifier = classifierOf(net);
  const [features] = classifier.weights[0].shape as number[];
  const decay = WEIGHT_DECAY * batchSize;
  const biasLr = BIAS_LR * batchSize;
  const classifierLr = (CLASSIFIER_LR * batchSize) / features ** 2;
  // The rest's rate is the biases'; weight decay acts through the rate, and is to be the same for both.
  const rest = new SGD({
    lr: biasLr,
    momentum: 0.85,
    nesterov: true,
    weightDecay: decay / biasLr,
    groups: [
      {
        params: ({ name }) => name.startsWith(`${classifier.name}/`),
        lrScale: classifierLr / biasLr,
        weightDecay: decay / classifierLr,
      },
    ],
  });
  return new Muon({ lr, momentum: 0.6, newtonSchulzSteps: 3, normalizeFilters: true, rest });
}
