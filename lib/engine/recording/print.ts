/**
 * A recording as text: each operation with its inputs, its attributes and the types and shapes of what it gives, as JAX prints a
 * jaxpr.
 */
import type { Attribute } from '../runtime/backend';
import type { Output, OutputType, Value } from '../runtime/session';
import type { Graph, Node } from './graph';
import type { Trace } from './trace';
import { mapTensors } from './tree';
import type { VariableStore } from './variableStore';

/** TensorFlow's numbers of types, `TF_DataType`. */
const TYPES: Record<number, string> = {
  1: 'float32',
  3: 'int32',
  8: 'complex64',
  9: 'int64',
  10: 'bool',
  14: 'bfloat16',
  19: 'float16',
  20: 'resource',
};

/** Attributes that the types and shapes of inputs and outputs tell already. */
const IMPLIED = new Set([
  'T',
  'U',
  'dtype',
  'DstT',
  'SrcT',
  'N',
  'Tidx',
  'Tpaddings',
  'Index',
  'Tshape',
  'TI',
  'data_format',
]);

/** An operation of this library that does another one's work too, and what that is. */
const FUSED: Record<string, string> = {
  BatchNormApplyAdd: 'Add',
  DirectConv2DBackpropInputAdd: 'Add',
};

function typeText({ dtype, shape }: OutputType): string {
  return `${TYPES[dtype] ?? `type ${dtype}`}[${shape?.map((size) => (size < 0 ? '?' : size)) ?? '…'}]`;
}

function attributeText({ name, value }: Attribute): string {
  return `${name}=${Array.isArray(value) ? `[${value}]` : value}`;
}

/** The attributes worth reading, and what the operation was fused with. */
function remarks({ op, attributes }: Node): string {
  const isRelu = attributes.some(({ name, value }) => name === 'relu' && value === true);
  const fused = [FUSED[op], isRelu ? (op === 'BatchNormGradient' ? 'ReluGrad' : 'Relu') : undefined];
  const names = fused.filter((name) => name !== undefined);
  // False is every flag's default.
  const others = attributes.filter(
    ({ name, value }) => !IMPLIED.has(name) && name !== 'relu' && value !== false,
  );
  return [...others.map(attributeText), ...(names.length > 0 ? [`fused with ${names.join(' and ')}`] : [])]
    .map((text) => ` ${text}`)
    .join('');
}

function constantText({ dtype, shape, data }: Value): string {
  const type = typeText({ dtype, shape: [...shape] });
  const numbers = Array.from(data as Float32Array, Number);
  return numbers.length > 4
    ? `constant ${type}`
    : `${numbers.map((n) => Number(n.toPrecision(6))).join(' ')}: ${type}`;
}

/** Prints a recording. */
export function printTrace(traced: Trace, graph: Graph, store: VariableStore): string {
  const { feeds, fetches, targets, output, variables } = traced;
  const { nodes } = graph;
  const names = new Map<number, string>();
  const inputs = feeds.map(([node], i) => {
    names.set(node, `input${i}`);
    return `  input${i}: ${typeText(nodes[node].outputs[0])}`;
  });
  for (const variable of variables) names.set(store.handleOf(variable)[0], variable.name);
  const nameOf = ([node, index]: Output) =>
    nodes[node].outputs.length > 1 ? `${names.get(node)}.${index}` : names.get(node)!;
  const lines: string[] = [];
  let count = 0;
  for (const number of graph.withDependencies([...fetches.map(([node]) => node), ...targets])) {
    const node = nodes[number];
    const [first] = node.inputs;
    if (names.has(number)) continue;
    if (node.op === 'Const') {
      const { value } = node.attributes.find(({ name }) => name === 'value') as { value: Value };
      names.set(number, constantText(value));
    } else if (node.op === 'EnsureShape' || node.op === 'Identity') {
      names.set(number, nameOf(first));
    } else if (node.op === 'AssignVariableOp') {
      lines.push(`  ${nameOf(first)} = ${nameOf(node.inputs[1])}`);
    } else {
      names.set(number, `%${++count}`);
      // TensorFlow doesn't infer this node's shape; the EnsureShape after it has it.
      const shaped = nodes.find(({ op, inputs: [of] }) => op === 'EnsureShape' && of[0] === number);
      const types = (shaped ?? node).outputs.map(typeText).join(', ');
      const given = node.outputs.length === 0 ? '' : `%${count}: ${types} = `;
      const device = node.device ? ` on ${node.device.replace(/^.*device:/i, '').toLowerCase()}` : '';
      lines.push(`  ${given}${node.op}(${node.inputs.map(nameOf).join(', ')})${remarks(node)}${device}`);
    }
  }
  let next = 0;
  const returned = JSON.stringify(mapTensors(output, (() => nameOf(fetches[next++])) as never)).replaceAll(
    '"',
    '',
  );
  return ['step(', ...inputs, ') {', ...lines, `  return ${returned}`, '}'].join('\n');
}
