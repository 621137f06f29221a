/** What an error looks like where it is shown: two sentences and the caller's line, no stack of the library's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  ChartError,
  ConfigError,
  DataError,
  EngineError,
  ImageError,
  InterruptError,
  ModelError,
  ResNetError,
  WorkerError,
} from '../../lib/errors';
import { loadModel } from '../../lib/models/files/loadModel';
import { resnet10 } from '../../lib/models/resNet';

test('an error is shown with what was wrong, what to do, and the line that called', () => {
  assert.throws(
    () => resnet10({ width: -1 }),
    (error: Error) => {
      const lines = inspect(error).split('\n');
      assert.deepEqual(lines.slice(0, 2), [
        'ConfigError: width is -1.',
        'Give width a whole number of at least 1.',
      ]);
      assert.match(lines[2], /^ +at .*errors\.test\.ts/);
      assert.equal(lines.length, 3);
      assert.ok(error.stack?.includes('checks.ts'), 'the stack has all of it');
      return true;
    },
  );
});

test('so is one that was awaited, without the error that caused it', async () => {
  await assert.rejects(loadModel('/nowhere'), (error: Error) => {
    assert.ok(error instanceof ModelError && error.cause instanceof Error);
    assert.match(
      inspect(error),
      /^ModelError: There is no network at \/nowhere\.\nCheck .*\n +at .*errors\.test\.ts.*$/,
    );
    return true;
  });
});

test('an error carries the problem, the fix and a code that does not change', async () => {
  await assert.rejects(loadModel('/nowhere'), (error: ModelError) => {
    assert.equal(error.problem, 'There is no network at /nowhere.');
    assert.match(error.fix, /^Check the path/);
    assert.equal(error.message, `${error.problem}\n${error.fix}`);
    assert.equal(error.code, 'ERR_MODEL');
    return true;
  });
});

test('the codes of the classes are those that programs rely on', () => {
  const classes = {
    ChartError,
    ConfigError,
    DataError,
    EngineError,
    ImageError,
    ModelError,
    ResNetError,
    WorkerError,
  };
  const codes = Object.values(classes).map((made) => new made('What is wrong.', 'What to do.').code);
  assert.deepEqual(
    [...codes, new InterruptError().code].join(' '),
    'ERR_CHART ERR_CONFIG ERR_DATA ERR_ENGINE ERR_IMAGE ERR_MODEL ERR_RESNET ERR_WORKER ERR_INTERRUPTED',
  );
});
