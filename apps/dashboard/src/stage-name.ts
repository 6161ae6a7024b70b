interface Named {
  index: number;
  pass: string;
}

/** The pass of a stage, with its place where the job has it more than once. */
export function stageName(stages: readonly Named[], { index, pass }: Named): string {
  return stages.filter((stage) => stage.pass === pass).length > 1 ? `${index + 1}. ${pass}` : pass;
}
