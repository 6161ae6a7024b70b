import { config } from 'zod';

// The page's content security policy allows no code made from text; schemas that are built from here on do not try.
// Imported before they are.
config({ jitless: true });
