/** A loader whose normalization or class names aren't the network's is refused, unless that is said to be on purpose. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { CLASS_NAMES } from '../../lib/data/classNames';
import { DataLoader } from '../../lib/data/dataLoader';
import { Dataset } from '../../lib/data/dataset';
import {
  ARTICLE_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  channelStatistics,
  type Normalization,
} from '../../lib/data/normalization';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, DataError, ModelError } from '../../lib/errors';
import { loadPretrained } from '../../lib/models/files/loadPretrained';
import { networkInfo, setNetworkInfo } from '../../lib/models/networkInfo';
import { resnet10 } from '../../lib/models/resNet';
import { featureMaps } from '../../lib/prediction/featureMaps';
import { predictImage } from '../../lib/prediction/predictImage';
import { evaluate } from '../../lib/training/evaluate';
import { learningRateRangeTest } from '../../lib/training/learningRateRangeTest';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { train } from '../../lib/training/train';

let images: Dataset;

before(async () => {
  images = (await loadCifar10({ sample: true })).test.subset(40);
});

const linear = () =>
  tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [32, 32, 3] }), tf.layers.dense({ units: 10 })],
  });

const pretrained = () => loadPretrained('resnet8');

const run = (net: TensorFlow.LayersModel, trainLoader: DataLoader, testLoader = trainLoader) =>
  train(net, trainLoader, testLoader, {
    epochs: 1,
    optimizer: new SGD({ lr: 1e-4 }),
    criterion: crossEntropy(),
  });

/** The images with other names for their classes. */
const named = (classNames: readonly string[]) => new Dataset(images.images, images.labels, classNames);

/** Each way of using a network with a loader. */
const USES: Record<string, (net: TensorFlow.LayersModel, loader: DataLoader) => Promise<unknown>> = {
  evaluate,
  train: run,
  learningRateRangeTest: (net, loader) =>
    learningRateRangeTest(net, loader, { criterion: crossEntropy(), steps: 2 }),
};

function refusal(...words: RegExp[]) {
  return (error: Error) => {
    assert.ok(error instanceof DataError, error.stack);
    assert.ok(error.message.length <= 600);
    for (const word of words) assert.match(error.message, word);
    return true;
  };
}

describe('a trained network', () => {
  for (const [name, use] of Object.entries(USES)) {
    test(`a trained network: is refused by ${name} with another normalization, which is named with its own`, async () => {
      const net = await pretrained();
      const before = net.getWeights().map((weight) => [...weight.dataSync()]);
      const others: Normalization[] = [
        { mean: [0, 0, 0], std: [1, 1, 1] },
        ARTICLE_NORMALIZATION,
        { mean: [0.4465, 0.4822, 0.4914], std: CIFAR10_NORMALIZATION.std },
        { mean: CIFAR10_NORMALIZATION.mean, std: [0.247, 0.2435, 0.3] },
      ];
      for (const normalize of others) {
        await assert.rejects(
          use(net, new DataLoader(images, { normalize })),
          refusal(
            /mean \[0\.4914, 0\.4822, 0\.4465\]/,
            new RegExp(`mean \\[${normalize.mean.join(', ')}\\]`),
          ),
        );
      }
      assert.deepEqual(
        net.getWeights().map((weight) => [...weight.dataSync()]),
        before,
      );
      net.dispose();
    });

    test(`a trained network: is refused by ${name} with the default normalization where it was trained with the article's`, async () => {
      const net = linear();
      await run(net, new DataLoader(images, { normalize: ARTICLE_NORMALIZATION }));
      await assert.rejects(
        use(net, new DataLoader(images)),
        refusal(/normalize: networkInfo\(net\)\.normalization/),
      );
      await use(net, new DataLoader(images, { normalize: networkInfo(net).normalization }));
      net.dispose();
    });

    test(`a trained network: is refused by ${name} with class names in another order or of another set, the first by name`, async () => {
      const net = linear();
      await run(net, new DataLoader(images));
      const swapped = [...CLASS_NAMES];
      [swapped[3], swapped[5]] = [swapped[5], swapped[3]];
      await assert.rejects(
        use(net, new DataLoader(named(swapped))),
        refusal(/'cat' as class 3.*'dog' as class 3/),
      );
      const other = [...CLASS_NAMES.slice(0, 9), 'lorry'];
      await assert.rejects(use(net, new DataLoader(named(other))), refusal(/'truck' as class 9.*'lorry'/));
      net.dispose();
    });

    test(`a trained network: is taken by ${name} where setNetworkInfo says so, in the line of the error`, async () => {
      const net = linear();
      await run(net, new DataLoader(images));
      const loader = new DataLoader(named([...CLASS_NAMES].reverse()), { normalize: ARTICLE_NORMALIZATION });
      for (const what of ['classNames', 'normalization']) {
        const error: Error = await use(net, loader).then(
          () => assert.fail(),
          (reason) => reason,
        );
        const [line] = /setNetworkInfo\(.*\)(?=\.$)/.exec(error.message) ?? assert.fail(error.message);
        assert.ok(line.includes(what));
        new Function('setNetworkInfo', 'net', 'loader', 'trainLoader', line)(
          setNetworkInfo,
          net,
          loader,
          loader,
        );
      }
      await use(net, loader);
      assert.deepEqual(networkInfo(net).classNames, [...CLASS_NAMES].reverse());
      net.dispose();
    });
  }

  test('a trained network: takes the statistics of its data where it was trained with their rounded values', async () => {
    const net = linear();
    setNetworkInfo(net, { normalization: CIFAR10_NORMALIZATION });
    const { mean, std } = CIFAR10_NORMALIZATION;
    const measured = { mean: [mean[0] + 4e-5, mean[1], mean[2]], std: [std[0], std[1] - 4e-5, std[2]] };
    await evaluate(net, new DataLoader(images, { normalize: measured as unknown as Normalization }));
    await assert.rejects(
      evaluate(net, new DataLoader(images, { normalize: channelStatistics(images.subset(1)) })),
      DataError,
    );
    net.dispose();
  });

  test('a trained network: with a new head of other classes is trained on these', async () => {
    const body = await pretrained();
    const head = tf.layers.dense({ units: 2 }).apply(body.layers[body.layers.length - 2].output);
    const net = tf.model({ inputs: body.inputs, outputs: head as TensorFlow.SymbolicTensor });
    const two = images.subset([...images.labels.keys()].filter((i) => images.labels[i] < 2));
    const loader = new DataLoader(new Dataset(two.images, two.labels, ['plane', 'car']));
    await run(net, loader);
    assert.deepEqual(networkInfo(net).classNames, ['plane', 'car']);
    net.dispose();
  });

  test('a trained network: that says nothing of itself is compared with nothing', async () => {
    const net = linear();
    await evaluate(net, new DataLoader(named([...'abcdefghij']), { normalize: ARTICLE_NORMALIZATION }));
    net.dispose();
  });
});

test('two loaders of one run have one normalization and the same class names', async () => {
  const net = linear();
  await assert.rejects(
    run(net, new DataLoader(images), new DataLoader(images, { normalize: ARTICLE_NORMALIZATION })),
    refusal(/trainLoader has .*0\.4914.*testLoader has .*0\.5/, /normalize: trainLoader\.normalize/),
  );
  await assert.rejects(
    run(net, new DataLoader(images), new DataLoader(named([...CLASS_NAMES].reverse()))),
    refusal(/'airplane' as class 0.*'truck' as class 0/),
  );
  assert.deepEqual(networkInfo(net), {});
  net.dispose();
});

test('what is known of a network stays when the arrays it was told by are changed', async () => {
  const net = linear();
  const classNames = [...CLASS_NAMES];
  const normalize = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  setNetworkInfo(net, { classNames, normalization: normalize as unknown as Normalization });
  const loader = new DataLoader(images, { normalize: normalize as unknown as Normalization });
  const { loss } = await evaluate(net, loader);
  classNames[0] = 'changed';
  normalize.mean[0] = 9;
  assert.deepEqual(networkInfo(net), { classNames: CLASS_NAMES, normalization: ARTICLE_NORMALIZATION });
  assert.equal((await evaluate(net, loader)).loss, loss);
  assert.throws(() => setNetworkInfo(net, { classNames: 'abc' as unknown as string[] }), ConfigError);
  net.dispose();
});

test('a network is refused by name after net.dispose() or tf.disposeVariables()', async () => {
  const image = { width: 32, height: 32, data: images.image(0) };
  const gone = async (net: TensorFlow.LayersModel) => {
    const uses = [
      ...Object.values(USES).map((use) => () => use(net, new DataLoader(images))),
      () => predictImage(net, image),
      async () => featureMaps(net, image),
    ];
    for (const use of uses) {
      await assert.rejects(use(), (error: Error) => {
        assert.ok(error instanceof ModelError, error.stack);
        assert.match(error.message, /disposed/);
        return true;
      });
    }
  };
  const [one, other] = [resnet10({ width: 1 }), resnet10({ width: 1 })];
  one.dispose();
  await gone(one);
  await predictImage(other, image);
  tf.disposeVariables();
  await gone(other);
});
