/** What went wrong, said at once to screen readers; nothing where nothing did. */
export function ProblemNotice({ error }: { error: { message: string } | null | undefined }) {
  if (!error) return null;
  return (
    <p className="problem" role="alert">
      {error.message}
    </p>
  );
}
