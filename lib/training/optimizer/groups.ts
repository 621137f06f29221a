/**
 * Groups of parameters, with options of their own.
 */
import { checkForm, checkNumber, type Form } from '../../checks';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';

/** A parameter, as a group is asked whether it is for it. */
export interface ParameterInfo {
  /** The full name of its weight: `layer1.0.conv1/kernel`, `classifier/bias`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Options for some of the parameters. Those of a later group count where two are for one parameter. */
export interface ParameterGroup {
  /** Whether the group is for a parameter. */
  params: (parameter: ParameterInfo) => boolean;
  /** What the optimizer's learning rate is multiplied by. Default 1. */
  lrScale?: number;
  /** In the place of the optimizer's. */
  weightDecay?: number;
}

const GROUP_FORM: Form = { params: 'function', 'lrScale?': 'number', 'weightDecay?': 'number' };

/** TensorFlow.js appends a number to a weight's name where there is a network of the same names. */
function infoOf({ name, shape }: TensorFlow.Variable): ParameterInfo {
  return { name: name.replace(/_\d+$/, ''), shape };
}

/** @throws ConfigError for groups of another form, and for numbers out of their range */
export function checkGroups(groups: readonly ParameterGroup[]): void {
  checkForm(
    'groups',
    groups,
    [GROUP_FORM],
    'Give for example [{ params: ({ name }) => name.startsWith("classifier"), lrScale: 10 }].',
  );
  groups.forEach(({ lrScale = 1, weightDecay = 0 }, i) => {
    checkNumber(`groups[${i}].lrScale`, lrScale, 0);
    checkNumber(`groups[${i}].weightDecay`, weightDecay, 0);
  });
}

/** The options that groups have for a parameter. */
export function optionsOf(
  param: TensorFlow.Variable,
  groups: readonly ParameterGroup[],
): Omit<ParameterGroup, 'params'> {
  const info = infoOf(param);
  return Object.assign({}, ...groups.filter(({ params }) => params(info)));
}

/**
 * Checks that each group is for some of the parameters.
 *
 * @throws ConfigError
 */
export function checkGroupsFit(
  groups: readonly ParameterGroup[],
  params: readonly TensorFlow.Variable[],
): void {
  const infos = params.map(infoOf);
  const idle = groups.findIndex((group) => !infos.some((info) => group.params(info)));
  if (idle < 0) return;
  const some = infos.slice(0, 3).map(({ name }) => name);
  throw new ConfigError(
    `groups[${idle}] is for none of the ${infos.length} parameters.`,
    `Their names are ${some.join(', ')} and so on; its params is given { name, shape } of each.`,
  );
}

/** The options of groups as plain values. */
export function groupSettings(groups: readonly ParameterGroup[]): Record<string, number> {
  return Object.fromEntries(
    groups.flatMap((group, i) =>
      (['lrScale', 'weightDecay'] as const)
        .filter((name) => group[name] !== undefined)
        .map((name) => [`groups[${i}].${name}`, group[name] as number]),
    ),
  );
}
