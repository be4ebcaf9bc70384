import { describeWithPromtool, promtool } from '../machine/promtool';
import { KubeMetrics, Span, STEP } from './kube-metrics';

/** What happens in a cluster, and which alerts fire meanwhile, when; all others of the rules stay silent throughout. */
export interface Scenario {
  readonly rules: RuleSet;
  readonly metrics: KubeMetrics;
  readonly fires: readonly Fired[];
}

interface Fired extends Span {
  readonly alert: string;
  /** The series that fires, by its labels. */
  readonly labels?: Record<string, string>;
}

export interface RuleSet {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly { readonly alert?: string; readonly record?: string }[];
  }[];
}

/**
 * Tests that evaluate the rules again and again, as Prometheus does. promtool runs once for all of them.
 * An alert fires exactly as long as is told: each end is looked at, and the evaluations are counted.
 */
export function alertScenarios(title: string, scenarios: Record<string, () => Scenario>): void {
  describeWithPromtool(title, () => {
    let output: string;

    beforeAll(() => {
      const tests = Object.entries(scenarios).map(
        ([name, scenario], index) => [`${index}.test.yaml`, `${index}.rules.yaml`, name, scenario()] as const,
      );
      const files = tests.flatMap(([test, rules, name, scenario]) => [
        [rules, scenario.rules],
        [test, { rule_files: [rules], evaluation_interval: `${STEP}m`, tests: [promtoolTest(name, scenario)] }],
      ]);
      output = promtool(Object.fromEntries(files), 'test', 'rules', ...tests.map(([test]) => test)).output;
    });

    test.each(Object.keys(scenarios).map((name, index) => [name, index] as const))('%s', (_name, index) => {
      const [, result] =
        new RegExp(`Unit Testing: +${index}\\.test\\.yaml\\n([\\s\\S]*?)(?=Unit Testing:|$)`).exec(output) ?? [];
      expect(result?.trim()).toBe('SUCCESS');
    });
  });
}

function promtoolTest(name: string, { rules, metrics, fires }: Scenario): object {
  const alerts = new Set(rules.groups.flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? [])));
  for (const { alert } of fires) expect(alerts).toContain(alert);
  const firing = ({ alert, labels = {} }: Fired) => {
    const matchers = Object.entries({ alertname: alert, alertstate: 'firing', ...labels }).map(
      ([label, value]) => `${label}="${value}"`,
    );
    return `count by (alertname) (ALERTS{${matchers.join(', ')}})`;
  };
  return {
    name,
    interval: `${STEP}m`,
    input_series: metrics.inputSeries,
    promql_expr_test: [...alerts].flatMap((alert) => {
      const spans = fires.filter((fired) => fired.alert === alert);
      const evaluations = spans.reduce((sum, { from, to }) => sum + (to - from) / STEP, 0);
      const during = (fired: Fired, minute: number, is: boolean) => ({
        expr: firing(fired),
        eval_time: `${minute}m`,
        exp_samples: is ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
      });
      return [
        {
          expr:
            `abs((sum(count_over_time(ALERTS{alertname="${alert}", alertstate="firing"}[${metrics.minutes}m])) or ` +
            `vector(0)) - ${evaluations}) > 0`,
          eval_time: `${metrics.minutes - STEP}m`,
          exp_samples: [],
        },
        ...spans.flatMap((fired) => [
          ...(fired.from > 0 ? [during(fired, fired.from - STEP, false)] : []),
          during(fired, fired.from, true),
          during(fired, fired.to - STEP, true),
          ...(fired.to < metrics.minutes ? [during(fired, fired.to, false)] : []),
        ]),
      ];
    }),
  };
}
