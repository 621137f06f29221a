/**
 * The variables that an optimizer keeps for parameters: velocities, moments and the like.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { isRegistered } from '../../engine/runtime/values';

/** A variable for each parameter and name, zeros at first. */
export class Slots {
  private readonly variables = new Map<TensorFlow.Variable, Map<string, TensorFlow.Variable>>();

  of(param: TensorFlow.Variable, name: string): TensorFlow.Variable {
    const own = this.variables.get(param) ?? new Map<string, TensorFlow.Variable>();
    this.variables.set(param, own);
    let variable = own.get(name);
    if (!variable || !isRegistered(variable)) {
      variable = tf.variable(tf.zeros(param.shape), false);
      own.set(name, variable);
    }
    return variable;
  }

  /** The names of the variables that there are for parameters. */
  names(params: readonly TensorFlow.Variable[]): string[] {
    return [...new Set(params.flatMap((param) => [...(this.variables.get(param)?.keys() ?? [])]))];
  }

  /** By name the numbers of each parameter, zeros where there is no variable. */
  read(params: readonly TensorFlow.Variable[]): Record<string, Float32Array[]> {
    return Object.fromEntries(
      this.names(params).map((name) => [
        name,
        params.map((param) => {
          const variable = this.variables.get(param)?.get(name);
          const isKept = variable !== undefined && isRegistered(variable);
          return isKept ? (variable.dataSync() as Float32Array) : new Float32Array(param.size);
        }),
      ]),
    );
  }

  /** Takes over what `read` gave for the same parameters. */
  write(params: readonly TensorFlow.Variable[], state: Readonly<Record<string, Float32Array[]>>): void {
    tf.tidy(() => {
      for (const [name, values] of Object.entries(state)) {
        params.forEach((param, i) => {
          this.of(param, name).assign(tf.tensor(values[i], param.shape));
        });
      }
    });
  }

  /** Frees all. */
  dispose(): void {
    for (const own of this.variables.values()) tf.dispose([...own.values()]);
    this.variables.clear();
  }
}
