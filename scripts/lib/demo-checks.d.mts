export interface DemoCheck {
  readonly name: string;
  readonly passed: boolean;
  readonly figures: string;
}
export function checkDemo(output: string): DemoCheck[];
