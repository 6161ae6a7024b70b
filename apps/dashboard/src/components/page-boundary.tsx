import { Component, type ReactNode } from 'react';

/** Says what kept a page from being shown, and offers to load it anew; the bar and the other pages go on. */
export class PageBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="problem card" role="alert">
        <p>This page cannot be shown: {error.message}</p>
        <button type="button" onClick={() => location.reload()}>
          Load it anew
        </button>
      </div>
    );
  }
}
