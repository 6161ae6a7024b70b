import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A random secret of 256 bits, which needs no slow hash. */
export const newSecret = (prefix: string): string => `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;

/** What is kept of a secret: its SHA-256. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('hex');
