/** Why the agent, or a benchmark of it, cannot go on; `code` is stable. */
export class AgentError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line, or what it names, is wrong. */
export class AgentUsageError extends AgentError {
  constructor(message: string) {
    super('agent_usage', message);
  }
}

/** This machine has not been enrolled, or its file is not what the agent wrote. */
export class NotEnrolledError extends AgentError {
  constructor(path: string) {
    super(
      'not_enrolled',
      `${path} holds no device: enrol this machine with \`coldpress-agent enrol CODE --server URL --name NAME\``,
    );
  }
}

/** What was downloaded is not what the lease names. */
export class DownloadError extends AgentError {
  constructor(digest: string, what: string) {
    super('download', `the model ${digest} that was downloaded ${what}: it is thrown away`);
  }
}

/** A benchmark that failed in its process; `permanent` when the model or the settings are at fault. */
export class MeasuringError extends AgentError {
  constructor(
    code: string,
    message: string,
    readonly permanent: boolean,
  ) {
    super(code, message);
  }
}

/** The lease is another's by now: what is measured for it would be refused. */
export class LeaseGoneError extends AgentError {
  constructor(id: string, why: string) {
    super('lease_gone', `the lease ${id} is lost: ${why}`);
  }
}
