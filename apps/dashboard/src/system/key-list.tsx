import { mayActAs, type ApiKey, type SystemReport } from '#contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { ProblemNotice } from '../components/problem.js';
import { Scroll } from '../components/scroll.js';
import { ago } from '../format.js';
import { NewKey } from './new-key.js';

const ROLES = [
  ['viewer', 'reads everything but keys'],
  ['member', 'also submits, cancels, retries, promotes and deletes'],
  ['admin', 'also makes and revokes keys, enrols and removes devices, and looks into the queue'],
] as const;

/** Which key this tab has, what roles may do, and for admins every key. */
export function KeyList({ caller }: { caller: SystemReport['caller'] }) {
  const isAdmin = mayActAs(caller.role, 'admin');
  return (
    <section aria-label="Keys and roles">
      <div className="heading">
        <h2>Keys and roles</h2>
        {isAdmin && <NewKey />}
      </div>
      <p>
        This tab uses the key “{caller.name}”, with the role {caller.role}.
        {!isAdmin && ' The keys themselves are shown to admins.'}
      </p>
      <dl className="figures">
        {ROLES.map(([role, words]) => (
          <div key={role} className="key">
            <dt>{role}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      {isAdmin && <Keys />}
    </section>
  );
}

function Keys() {
  const queries = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['keys'],
    queryFn: ({ signal }) => client.listKeys({}, { signal }),
    staleTime: 0,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => client.revokeKey({ id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  return (
    <>
      <ProblemNotice error={error ?? revoke.error} />
      {data && (
        <Scroll isCards label="API keys">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th>Role</th>
                <th>Made</th>
                <th>Last used</th>
                <th>
                  <span className="heard">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((key) => (
                <KeyRow key={key.id} apiKey={key} onRevoke={() => revoke.mutate(key.id)} isBusy={revoke.isPending} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

function KeyRow({
  apiKey: { name, role, createdAt, lastUsedAt },
  onRevoke,
  isBusy,
}: {
  apiKey: ApiKey;
  onRevoke: () => void;
  isBusy: boolean;
}) {
  return (
    <tr>
      <td className="wide">{name}</td>
      <td>{role}</td>
      <td>{ago(createdAt)}</td>
      <td>{lastUsedAt === null ? 'never' : ago(lastUsedAt)}</td>
      <td>
        <ConfirmButton
          word="Revoke"
          subject={name}
          question={`Whoever uses the key “${name}” is locked out at once. It cannot be brought back.`}
          disabled={isBusy}
          onConfirm={onRevoke}
        />
      </td>
    </tr>
  );
}
