interface LoggedRequest {
  id?: unknown;
  method?: unknown;
  url?: unknown;
}

/**
 * What the log keeps of a request: neither headers, which hold the key, nor the query, where one may have been put by
 * mistake.
 */
export const LOG_SERIALIZERS = {
  req: ({ id, method, url }: LoggedRequest) => ({ id, method, path: String(url).split(/[?#]/)[0] }),
  res: ({ statusCode }: { statusCode?: unknown }) => ({ statusCode }),
};
