/** A file is no report, or not one that this version reads. */
export class ReportError extends Error {
  constructor(
    readonly code: 'report_format',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ReportError';
  }
}
