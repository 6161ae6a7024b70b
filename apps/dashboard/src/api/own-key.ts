import { mayActAs, type KeyRole } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { apiKey, type OwnKey } from './api-key.js';
import { client } from './client.js';

/** This tab's key; the server is asked where signing in has not told, and null stands for not known yet. */
export function useOwnKey(): OwnKey | null {
  const { data } = useQuery({
    queryKey: ['own key'],
    enabled: apiKey.get() !== null,
    initialData: () => apiKey.own() ?? undefined,
    queryFn: async ({ signal }): Promise<OwnKey> => {
      const own = await client.ownKey({}, { signal });
      apiKey.setOwn(own);
      return own;
    },
    staleTime: Infinity,
    gcTime: Infinity,
  });
  return data ?? null;
}

/** Why this tab's key does not open what needs a role; null where it does, and while its role is not known. */
export function useRefusal(needed: KeyRole): string | null {
  const own = useOwnKey();
  if (own === null || mayActAs(own.role, needed)) return null;
  return `The key “${own.name}” has the role ${own.role}, and this needs the role ${needed}.`;
}
