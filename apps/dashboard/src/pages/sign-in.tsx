import { useState, type FormEvent } from 'react';
import { apiKey } from '../api/api-key.js';
import { client } from '../api/client.js';
import { useTitle } from '../title.js';

export function SignInPage({ onSignedIn }: { onSignedIn: () => void }) {
  useTitle('Sign in');
  const [problem, setProblem] = useState<string | null>(null);

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    apiKey.set(String(form.get('key')).trim(), form.get('remember') === 'on');
    try {
      apiKey.setOwn(await client.ownKey());
      onSignedIn();
    } catch (error) {
      apiKey.clear();
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <main className="sign-in">
      <form className="card" onSubmit={signIn}>
        <h1>
          <img src="/icon.svg" alt="" width="32" height="32" /> Coldpress
        </h1>
        <p>Paste the API key that was printed when the server started.</p>
        <label>
          API key
          <input
            name="key"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            onChange={() => setProblem(null)}
          />
        </label>
        <label className="check">
          <input name="remember" type="checkbox" /> Remember in this browser
        </label>
        <button type="submit">Open dashboard</button>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </main>
  );
}
