/** What each stable code means over HTTP. An error whose code is not here is a fault of ours and tells the client nothing. */
export const PROBLEMS: Readonly<Record<string, { status: number; title: string }>> = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_cursor: { status: 400, title: 'The cursor is not valid' },
  source_interrupted: { status: 400, title: 'The upload ended early' },
  empty_upload: { status: 400, title: 'The upload has no bytes' },
  invalid_form: { status: 400, title: 'The form cannot be read' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  not_found: { status: 404, title: 'Not found' },
  artifact_not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  in_use: { status: 409, title: 'Still in use' },
  job_state: { status: 409, title: 'The job is in another state' },
  idempotency_pending: { status: 409, title: 'The first request is still being answered' },
  report_not_ready: { status: 409, title: 'The job has not ended' },
  artifact_too_large: { status: 413, title: 'Too large' },
  request_too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the file' },
  idempotency_conflict: { status: 422, title: 'The Idempotency-Key was used for another request' },
  invalid_recipe: { status: 422, title: 'The recipe cannot be run' },
  preflight_failed: { status: 422, title: 'The job cannot run' },
  uri_not_allowed: { status: 422, title: 'The URI cannot be registered' },
  ...refused('The model cannot be used', ['invalid_model', 'unsupported_model', 'model_limit', 'invalid_tensor', 'graph', 'external_data', 'compression', 'crashed', 'out_of_memory', 'deadline']),
  ...refused('The data set cannot be used', [
    'dataset_manifest', 'dataset_file', 'dataset_format', 'dataset_array', 'dataset_shape', 'dataset_labels',
    'dataset_dtype', 'dataset_limit', 'dataset_preprocess', 'dataset_split', 'dataset_input',
  ]),
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  digest_mismatch: { status: 500, title: 'A stored file is damaged' },
  database_unavailable: { status: 503, title: 'The database does not answer' },
  store_unavailable: { status: 503, title: 'The artifact store does not answer' },
  store_access: { status: 503, title: 'The artifact store refuses access' },
  process_lost: { status: 503, title: 'The check was interrupted' },
  launch: { status: 503, title: 'The check could not be started' },
  queue_unavailable: { status: 503, title: 'The queue does not answer' },
  store_full: { status: 507, title: 'No space left' },
};

function refused(title: string, codes: readonly string[]): Record<string, { status: number; title: string }> {
  return Object.fromEntries(codes.map((code) => [code, { status: 422, title }]));
}
