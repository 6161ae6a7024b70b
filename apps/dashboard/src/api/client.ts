import { createClient } from '#client';
import { apiKey } from './api-key.js';

/** Calls to the server that this page came from, with the key of this tab. */
export const client = createClient({ url: '', apiKey: apiKey.get });
